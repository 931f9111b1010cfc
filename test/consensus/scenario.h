// Purpose: scenarios as text: one command a line, all invariants checked after every line.
// `test/scenarios/README.md` lists the commands. They are defined by concern in scenario_*.cpp.
// Thread rule: one thread.
#pragma once

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "consensus/cluster.h"

namespace tally::consensus::test {

class Scenario {
 public:
  Scenario();

  // Empty if all lines ran and held, for every value of every `for`; otherwise what went wrong, with the line's number
  // and the values.
  std::string run(std::istream& text);
  // How often the lines were run: once, without `for`.
  [[nodiscard]] std::uint64_t runs() const { return runs_; }

 private:
  using Words = std::vector<std::string>;
  using Values = std::map<std::string, std::string>;
  struct Line {
    std::size_t number;
    Words words;
    std::string text;
  };

  void add_process_commands();
  void add_network_commands();
  void add_disk_commands();
  void add_work_commands();
  void add_lie_commands();

  // Each throws std::runtime_error with what is wrong.
  void run_words(const Words& words);
  std::string run_lines(const std::vector<Line>& lines, const Values& values);
  std::string run_each(const std::vector<Line>& loops, const std::vector<Line>& lines, Values& values);
  void begin(const Words& words);
  void twins(const Words& words);
  void load(const Words& words);
  void view_storm(const Words& words);
  // Whoever is primary orders what waits in its pool; its rounds are counted.
  void order_waiting(std::uint64_t round);
  // Orders what waits, delivers and ticks.
  void run(std::uint64_t rounds);
  void lie(const Words& words);
  void prepared(const Words& words);
  void alter(const Words& words);
  void replay(const Words& words);
  void flood(const Words& words);
  void within(const Words& words);
  void expect(const Words& words);
  void expect_one(std::uint32_t index, const Words& words);
  bool expect_place(std::uint32_t index, const Words& words);
  bool expect_found(std::uint32_t index, const Words& words);
  bool expect_chain(std::uint32_t index, const Words& words);
  [[nodiscard]] Digest header_named(const Words& words);
  [[nodiscard]] Message made_message(const Words& words);
  [[nodiscard]] Message made_view_change(std::uint32_t signer, const Words& words);
  [[nodiscard]] Message made_new_view(std::uint32_t signer, const Words& words);
  [[nodiscard]] const SignedViewChange& sent_view_change(std::uint32_t replica, View view);

  // "all", one number, or several between commas.
  [[nodiscard]] std::vector<std::uint32_t> replicas(const std::string& word) const;
  [[nodiscard]] std::uint32_t replica(const std::string& word) const;
  [[nodiscard]] std::function<bool(const Envelope&)> filter(const Words& words) const;
  // The last message of this kind that the replica sent. Required for it: keep_history.
  [[nodiscard]] Message last_sent(std::uint32_t signer, const std::string& kind) const;
  void for_each(const std::string& word, const std::function<void(std::uint32_t)>& what);

  static void need(bool holds, const std::string& what);
  static std::uint64_t number(const std::string& word);
  static const std::string& at(const Words& words, std::size_t index);
  // "7" is exactly that, ">=7" and "<=7" what they say.
  static bool fits(std::uint64_t found, const std::string& word);

  std::map<std::string, std::function<void(const Words&)>> commands_;
  std::unique_ptr<Cluster> cluster_;
  std::map<std::string, PreparedCertificate> certificates_;  // that lies carry, by name
  std::map<std::uint32_t, Replica::Footprint> marks_;
  std::uint64_t transactions_ = 0;  // that loads made
  std::uint64_t rounds_ = 0;
  std::uint64_t runs_ = 0;
};

// Whose signature the message is: of a certificate or STATUS, of whoever sent it.
std::optional<ReplicaIndex> signer_of(const Message& message);

}  // namespace tally::consensus::test
