// Purpose: the parts of commands.h, one a file; and what they share.
#pragma once

#include "devnet/devnet.h"
#include "tally/app.h"

namespace tally::devnet {

void register_network(cli::Program& program);  // tally devnet
void register_bench(cli::Program& program);
void register_failover(cli::Command& bench);
void register_catch_up(cli::Command& bench);
void register_join_bench(cli::Command& bench);
void register_crash(cli::Command& bench);
void register_audit_bench(cli::Command& bench);
void register_proof_bench(cli::Command& bench);
void register_demo(cli::Program& program);

inline constexpr const char* kDefaultDirectory = "devnet";

// The node's program: as given, else beside this one.
std::filesystem::path tallyd_program(const std::string& given);
cli::Outcome<Devnet> open_network(const std::string& directory);
// Makes the network of the Qingzhen cast where there is none, and starts what does not run.
struct UpOptions {
  std::string directory = kDefaultDirectory;
  std::uint64_t nodes = 4;
  std::string clock = "test";
  std::string tallyd;
};
cli::Outcome<Devnet> bring_up(const UpOptions& options);

}  // namespace tally::devnet
