#include "tally/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <unistd.h>

namespace tally::cli {

namespace {

std::string read_all(std::istream& in, std::size_t bytes_max) {
  std::string out;
  char piece[16384];
  while (out.size() <= bytes_max && (in.read(piece, sizeof piece) || in.gcount() > 0))
    out.append(piece, static_cast<std::size_t>(in.gcount()));
  return out;
}

Error over_size(const std::string& path, std::size_t bytes_max) {
  return make_error(ErrorCode::too_large, path, "is larger than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed))
    return make_error(ErrorCode::io_failed, path, "is a directory", "a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "unknown reason";
    return make_error(ErrorCode::io_failed, path, "cannot be read (" + reason + ")", "a readable file");
  }
  std::string text = read_all(in, bytes_max);
  if (text.size() > bytes_max) return over_size(path, bytes_max);
  if (in.bad()) return make_error(ErrorCode::io_failed, path, "cannot be read to its end");
  return text;
}

Outcome<std::string> read_input(const std::string& path, std::size_t bytes_max, const Surroundings& world) {
  if (path != "-") {
    auto text = read_text_file(path, bytes_max);
    if (!text) return Failure(text.error());
    return std::move(*text);
  }
  std::string text = read_all(*world.in, bytes_max);
  if (text.size() > bytes_max) return Failure(over_size("standard input", bytes_max));
  return text;
}

Outcome<void> write_new_file(const std::string& path, std::string_view text, Privacy privacy) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, privacy == Privacy::secret ? 0600 : 0644);
  if (file < 0 && errno == EEXIST)
    return usage_failure(path, "already exists", "a new name; existing files are never replaced");
  if (file < 0) {
    return Failure(make_error(ErrorCode::io_failed, path,
                              "cannot be written (" + std::string(std::strerror(errno)) + ")",
                              "a place where this user may write"));
  }
  bool good = true;
  while (good && !text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    good = written > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(written));
  }
  good = ::fsync(file) == 0 && good;
  good = ::close(file) == 0 && good;
  if (good) return {};
  ::unlink(path.c_str());
  return Failure(make_error(ErrorCode::io_failed, path, "cannot be written to its end"));
}

std::string resolve_path(const std::string& path, const std::string& base, const Surroundings& world) {
  if (path.starts_with("~/")) return world.environment("HOME").value_or(".") + path.substr(1);
  if (path.empty() || path.front() == '/' || base.empty()) return path;
  return base + "/" + path;
}

}  // namespace tally::cli
