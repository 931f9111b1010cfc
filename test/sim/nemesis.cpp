#include "sim/nemesis.h"

#include <algorithm>

#include "consensus/quorum.h"

namespace tally::sim {

namespace {

std::string of(const Office& office) {
  return " office " + std::to_string(office.identity);
}

}  // namespace

// A liar's disk is its own affair; of the others only those may lose what they signed who count among the f.
bool Nemesis::may_lose_disk(const Office& office) const {
  return world_.unreliable(office.identity) && world_.offices_.size() == world_.swarm_.offices();
}

Nemesis::Draw Nemesis::draw() {
  const auto& on = world_.swarm_.on;
  Draw out{};
  // Heal, restart and resume are as likely as what they undo.
  out.fault = on.empty() ? Fault::loss : *std::next(on.begin(), static_cast<std::ptrdiff_t>(random_.below(on.size())));
  out.office = world_.offices_[random_.below(world_.offices_.size())].get();
  out.number = random_.below(12);
  out.flag = random_.percent(50);
  const std::uint32_t offices = world_.swarm_.offices();
  for (std::uint32_t i = 0; i < offices; ++i)
    out.groups.push_back(static_cast<std::uint8_t>(random_.below(2 + out.flag)));
  for (std::uint32_t i = 0; i < offices; ++i)
    if (random_.percent(60)) out.members.push_back(i);
  return out;
}

std::uint64_t Nemesis::act_us() {
  const Draw drawn = draw();
  const std::uint64_t number = next_++;
  const bool skipped = world_.plan_.skipped.contains(number);
  const std::string text = skipped ? "left out" : carry_out(drawn);
  world_.outcome_.directed.push_back(std::to_string(world_.now_us_ / 1000) + " ms: " + text);
  if (world_.trace_.wanted() && !skipped) world_.trace_.event("* " + text);
  return 1000 * (1 + random_.below(2 * world_.swarm_.nemesis_ms_mean));
}

std::string Nemesis::carry_out(const Draw& draw) {
  switch (draw.fault) {
    case Fault::loss:
    case Fault::duplication:
    case Fault::reordering:
      // They go on all the time.
      return "nothing more";
    case Fault::partition:
    case Fault::one_way:
      return network(draw);
    case Fault::pause:
    case Fault::crash:
    case Fault::power_cut:
    case Fault::clock_skew:
      return process(draw);
    case Fault::io_error:
    case Fault::disk_full:
    case Fault::damage:
    case Fault::rollback:
    case Fault::lost_disk:
      return disk(draw);
    case Fault::twin:
    case Fault::liar:
    case Fault::wrong_state:
    case Fault::mute_primary:
    case Fault::censor:
      return lie(draw);
    case Fault::membership:
      return member(draw);
  }
  return "nothing";
}

std::string Nemesis::network(const Draw& draw) {
  auto& links = world_.links_;
  if (draw.number < 4) {
    links.heal();
    return "the network heals";
  }
  world_.exercised(draw.fault);
  if (draw.fault == Fault::one_way) {
    const auto other = static_cast<std::uint32_t>(draw.number % world_.swarm_.offices());
    links.cut(draw.office->identity, other);
    return "what" + of(*draw.office) + " sends no longer reaches office " + std::to_string(other);
  }
  if (draw.number == 4) {
    links.ring();
    return "each office reaches its neighbours only";
  }
  if (draw.number < 7) {
    links.isolate(draw.office->identity);
    return "nobody reaches" + of(*draw.office);
  }
  links.split(draw.groups);
  std::string text = "the network splits:";
  for (const auto group : draw.groups) text += " " + std::to_string(group);
  return text;
}

std::string Nemesis::process(const Draw& draw) {
  Office& office = *draw.office;
  if (draw.fault == Fault::clock_skew) {
    world_.exercised(draw.fault);
    office.clock_skew_ms =
        static_cast<std::int64_t>(draw.number) * (draw.number > 8 ? 600'000 : 300) * (draw.flag ? 1 : -1);
    return "the clock of" + of(office) + " is off by " + std::to_string(office.clock_skew_ms) + " ms";
  }
  if (draw.fault == Fault::pause) {
    if (!office.paused) world_.exercised(draw.fault);
    office.paused = !office.paused;
    return of(office) + (office.paused ? " pauses" : " goes on");
  }
  if (draw.fault == Fault::power_cut) {
    if (draw.number > 3) return "nothing";
    world_.exercised(draw.fault);
    for (auto& each : world_.offices_) each->crash();
    for (auto& each : world_.offices_) world_.start(*each);
    return "the power fails everywhere";
  }
  if (!office.running()) {
    world_.start(office);
    return of(office) + " starts again";
  }
  world_.exercised(draw.fault);
  if (draw.number < 4) {
    office.crash();
    return of(office) + " is killed";
  }
  if (draw.number < 8) {
    office.arm_death_by_sends(draw.number * (draw.flag ? 1 : 5));
    return of(office) + " will die after some more messages";
  }
  office.disk.arm_death(draw.number - 8, draw.flag);
  return of(office) + " will die in a write, " + (draw.flag ? "after" : "before") + " it is on disk";
}

std::string Nemesis::disk(const Draw& draw) {
  Office& office = *draw.office;
  if (!office.running()) {
    world_.start(office);
    return of(office) + " starts again";
  }
  if (draw.fault == Fault::io_error) {
    world_.exercised(draw.fault);
    office.disk.arm_error(draw.number);
    return "the disk of" + of(office) + " will fail";
  }
  if (draw.fault == Fault::disk_full) {
    world_.exercised(draw.fault);
    office.disk.set_full(draw.flag);
    return "the disk of" + of(office) + (draw.flag ? " is full" : " has room again");
  }
  if (!may_lose_disk(office)) return "nothing";
  if (draw.fault == Fault::rollback && !office.disk.has_copy()) {
    office.disk.keep_copy();
    return "somebody copies the disk of" + of(office);
  }
  world_.exercised(draw.fault);
  world_.lose_votes(office);
  office.crash();
  if (draw.fault == Fault::rollback) {
    office.disk.roll_back();
    world_.start(office);
    return of(office) + " is restored from the copy";
  }
  if (draw.fault == Fault::damage) {
    office.disk.damage();
    world_.start(office);
    return "a record of" + of(office) + " rots";
  }
  office.disk.wipe();
  world_.start(office);
  return of(office) + " starts with an empty disk";
}

std::string Nemesis::lie(const Draw& draw) {
  Office& office = *draw.office;
  if (!world_.unreliable(office.identity)) return "nothing";
  if (draw.fault == Fault::mute_primary) {
    world_.exercised(draw.fault);
    office.proposes_nothing = draw.flag;
    return of(office) + (draw.flag ? " proposes nothing" : " proposes again");
  }
  if (draw.fault == Fault::censor) {
    world_.exercised(draw.fault);
    office.censored_client = draw.flag ? std::optional<std::uint32_t>(draw.number % 3) : std::nullopt;
    return of(office) + (draw.flag ? " leaves a client out" : " serves all");
  }
  // Twins, liars and those who compute wrongly are what they are from the beginning.
  return "nothing";
}

std::string Nemesis::member(const Draw& draw) {
  if (draw.members.empty() || draw.number > 6) return "nothing";
  std::uint32_t bad = 0;
  for (const auto identity : draw.members) bad += world_.unreliable(identity) ? 1 : 0;
  if (bad > consensus::Quorum{static_cast<std::uint32_t>(draw.members.size())}.f()) return "nothing";
  world_.exercised(draw.fault);
  Transaction change{99, world_.next_number_++, 0, 0, 0, draw.members};
  std::string text = "membership changes to";
  for (const auto identity : draw.members) text += " " + std::to_string(identity);
  world_.issue(std::move(change));
  return text;
}

}  // namespace tally::sim
