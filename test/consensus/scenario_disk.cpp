// Commands of disks: what fails, fills up, rots, is lost or comes back old.
#include "consensus/scenario.h"

namespace tally::consensus::test {

void Scenario::add_disk_commands() {
  const auto writes = [](const Words& words) { return words.size() > 2 ? number(words[2]) : 0; };
  commands_["disk_error"] = [this, writes](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).disk.arm_error(writes(words)); });
  };
  commands_["disk_full"] = [this, writes](const Words& words) {
    for_each(at(words, 1), [&](auto index) { cluster_->node(index).store().fill_in(writes(words)); });
  };
  commands_["free_disk"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->node(index).disk.heal(); });
  };
  commands_["rot"] = [this](const Words& words) {
    for_each(at(words, 1), [&](auto index) {
      need(damage_record(cluster_->node(index).disk, at(words, 2)), "the disk has no such record");
    });
  };
  commands_["copy_disk"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) { cluster_->node(index).disk.keep_copy(); });
  };
  commands_["roll_back"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) {
      need(!cluster_->alive(index), "a disk is rolled back while nothing runs on it");
      need(cluster_->node(index).disk.has_copy(), "no copy was kept");
      cluster_->node(index).disk.roll_back();
    });
  };
  commands_["lose_disk"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) {
      need(!cluster_->alive(index), "a disk is lost while nothing runs on it");
      cluster_->node(index).disk.wipe();
    });
  };
  // The votes are gone, the chain is not.
  commands_["lose_votes"] = [this](const Words& words) {
    for_each(at(words, 1), [this](auto index) {
      need(!cluster_->alive(index), "votes are lost while nothing runs on the disk");
      erase_votes(cluster_->node(index).disk);
    });
  };
}

}  // namespace tally::consensus::test
