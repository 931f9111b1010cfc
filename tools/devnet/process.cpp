#include "devnet/process.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::devnet {

namespace {

Error system_error(const std::string& what) {
  return make_error(ErrorCode::io_failed, "", what + ": " + std::strerror(errno));
}

std::vector<char*> argument_pointers(const std::vector<std::string>& command) {
  std::vector<char*> out;
  for (const auto& argument : command) out.push_back(const_cast<char*>(argument.c_str()));
  out.push_back(nullptr);
  return out;
}

// Between fork and exec only calls that are safe in a signal handler are allowed. `report` closes by itself when
// the program runs; otherwise it carries the reason.
[[noreturn]] void become(const std::vector<char*>& arguments, pid_t parent, bool ends_with_parent, int report) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (ends_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the parent ended before the wish was heard
  }
  execv(arguments[0], arguments.data());
  const int reason = errno;
  while (write(report, &reason, sizeof reason) < 0 && errno == EINTR) {
  }
  _exit(127);
}

// 0 once the program runs, else why it does not.
int await_exec(int report) {
  int reason = 0;
  ssize_t count = 0;
  do count = read(report, &reason, sizeof reason);
  while (count < 0 && errno == EINTR);
  return count == sizeof reason ? reason : 0;
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    read_end = ends[0];
    write_end = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_write();
    if (read_end >= 0) close(read_end);
  }
  void close_write() {
    if (write_end >= 0) close(write_end);
    write_end = -1;
  }
};

std::string read_proc(pid_t pid, const char* file) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// A child of ours that ended stays a zombie until it is waited for; of other processes this does nothing.
void reap(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, WNOHANG);
}

// The number after `label` in lines such as "VmHWM:  1234 kB".
std::uint64_t number_after(const std::string& text, std::string_view label) {
  const auto found = text.find(label);
  if (found == text.npos) return 0;
  const auto digit = text.find_first_of("0123456789", found + label.size());
  std::uint64_t number = 0;
  if (digit != text.npos) std::from_chars(text.data() + digit, text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<pid_t> launch(const Launch& what) {
  const int log = open(what.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return system_error("cannot write " + what.log.string());
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto arguments = argument_pointers(what.command);
  const pid_t parent = getpid();
  Pipe report;
  const pid_t pid = fork();
  if (pid == 0) {
    // Its own session: keys pressed at the terminal reach this program only, which then ends its nodes in order.
    setsid();
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    become(arguments, parent, what.ends_with_parent, report.write_end);
  }
  const int failed_with = errno;
  close(log);
  close(nothing);
  report.close_write();
  errno = pid < 0 ? failed_with : await_exec(report.read_end);
  if (errno == 0) return pid;
  const Error error = system_error("cannot start " + what.command[0]);
  if (pid > 0) waitpid(pid, nullptr, 0);
  return error;
}

bool runs(pid_t pid, const std::vector<std::string>& command) {
  if (pid <= 0) return false;
  reap(pid);
  std::string expected;
  for (const auto& argument : command) expected += argument + '\0';
  return read_proc(pid, "cmdline") == expected;
}

bool signal_process(pid_t pid, const std::vector<std::string>& command, int signal) {
  return runs(pid, command) && kill(pid, signal) == 0;
}

bool await_end(pid_t pid, const std::vector<std::string>& command, Milliseconds limit) {
  return poll_until(
      limit, [&] { return !runs(pid, command); }, Milliseconds(5));
}

bool end_process(pid_t pid, const std::vector<std::string>& command, Milliseconds grace) {
  if (!signal_process(pid, command, SIGTERM)) return true;
  if (await_end(pid, command, grace)) return true;
  signal_process(pid, command, SIGKILL);
  await_end(pid, command, Milliseconds(10000));
  return false;
}

ProcessUsage usage_of(pid_t pid) {
  ProcessUsage out;
  // Fields 14 and 15 of stat, counted after the name, which may hold anything and ends with the last ')'.
  const std::string stat = read_proc(pid, "stat");
  const auto name_end = stat.rfind(')');
  if (name_end != stat.npos) {
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    fields >> user >> system;
    out.cpu_ms = (user + system) * 1000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  }
  out.resident_peak_kib = number_after(read_proc(pid, "status"), "VmHWM:");
  out.disk_bytes_written = number_after(read_proc(pid, "io"), "\nwrite_bytes:");
  return out;
}

Result<Finished> run_to_end(const std::vector<std::string>& command) {
  const auto arguments = argument_pointers(command);
  const pid_t parent = getpid();
  Pipe output;
  Pipe report;
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(output.write_end, STDOUT_FILENO);
    become(arguments, parent, true, report.write_end);
  }
  if (pid < 0) return system_error("cannot start " + command[0]);
  output.close_write();
  report.close_write();
  const int reason = await_exec(report.read_end);
  Finished out;
  char piece[4096];
  while (true) {
    const ssize_t count = read(output.read_end, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    out.output.append(piece, static_cast<std::size_t>(count));
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  errno = reason;
  if (reason != 0) return system_error("cannot start " + command[0]);
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

std::filesystem::path own_program() {
  std::error_code failure;
  return std::filesystem::read_symlink("/proc/self/exe", failure);
}

}  // namespace tally::devnet
