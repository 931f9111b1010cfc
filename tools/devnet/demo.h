// Purpose: the demonstration: a year of two villages on a network of four real processes, told step by step: Ludishao's
// households under qingzhen, Dujuan's villagers under yingshanhong-plots and yingshanhong-duty, with a crash, an audit
// and an independent calculation on the way.
// Thread rule: one thread.
#pragma once

#include <iosfwd>

#include "devnet/devnet.h"

namespace tally::devnet {

// What a command of `tally` printed, and its exit code.
struct CommandOutcome {
  int exit = 0;
  std::string out;
  std::string err;
};

struct DemoOptions {
  std::filesystem::path directory;  // of the network; must not hold one yet
  std::filesystem::path tallyd;
  std::string tally;  // how people call this program
  std::uint64_t seed = 1;
  std::size_t households = 753;  // of Ludishao
  bool once = false;             // ends the network afterwards
  std::ostream* out = nullptr;
  std::function<bool()> interrupted;
  std::function<CommandOutcome(const std::vector<std::string>& arguments)> run_tally;
};

// The error's field names the step that did not hold. On an error or an interruption the network is ended; its files
// stay for a look at the logs.
Status run_demo(const DemoOptions& options);

}  // namespace tally::devnet
