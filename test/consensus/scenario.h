// Purpose: scenarios as text: one command a line, all invariants checked after every line.
// `test/scenarios/README.md` lists the commands.
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

  // Empty if all lines ran and held; otherwise what went wrong, with the line's number.
  std::string run(std::istream& text);

 private:
  using Words = std::vector<std::string>;

  // Each throws std::runtime_error with what is wrong.
  void run_line(const std::string& line);
  void begin(const Words& words);
  void lie(const Words& words);
  void expect(const Words& words);
  void expect_one(std::uint32_t index, const Words& words);
  [[nodiscard]] Message made_message(const Words& words);

  [[nodiscard]] std::vector<std::uint32_t> replicas(const std::string& word);
  [[nodiscard]] std::function<bool(const Envelope&)> filter(const Words& words);
  void need(bool holds, const std::string& what);

  std::map<std::string, std::function<void(const Words&)>> commands_;
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace tally::consensus::test
