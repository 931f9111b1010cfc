// Purpose: child processes by their id: started with a log file, told apart from strangers that got the same id
// later, measured, and ended.
// Thread rule: thread-safe; start a process from a thread that outlives it if it shall end with its parent.
// Errors: io_failed, naming the program or file and the system's reason.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/error.h"
#include "devnet/poll.h"

namespace tally::devnet {

struct Launch {
  std::vector<std::string> command;  // the program's absolute path and its arguments
  std::filesystem::path log;         // standard output and standard error are appended; the directory exists
  // The system kills the process when the thread that started it ends: nothing is left behind by a killed test.
  bool ends_with_parent = false;
};
Result<pid_t> launch(const Launch& what);

// True while a process with this id runs exactly this command; a zombie or another program does not.
bool runs(pid_t pid, const std::vector<std::string>& command);

// Sends a signal if it still runs the command; false if it does not.
bool signal_process(pid_t pid, const std::vector<std::string>& command, int signal);
// SIGTERM, then SIGKILL once `grace` is over; answers when it is gone. True if SIGTERM was enough.
bool end_process(pid_t pid, const std::vector<std::string>& command, Milliseconds grace);
// Waits until it is gone, without ending it.
bool await_end(pid_t pid, const std::vector<std::string>& command, Milliseconds limit);

// Counters since the start of the process; zero where the system does not tell.
struct ProcessUsage {
  std::uint64_t cpu_ms = 0;
  std::uint64_t resident_peak_kib = 0;
  std::uint64_t disk_bytes_written = 0;  // that it caused to be sent to storage
};
ProcessUsage usage_of(pid_t pid);

struct Finished {
  int exit_code = 0;   // 128 + signal if a signal ended it
  std::string output;  // standard output
};
// Runs a command to its end and returns its standard output; standard error goes to ours.
Result<Finished> run_to_end(const std::vector<std::string>& command);

// The program's own file: what stands beside it belongs to the same build.
std::filesystem::path own_program();

}  // namespace tally::devnet
