#include "crypto/private_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "crypto/digest.h"

namespace tally::crypto {

namespace {

// An open file; closes itself.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }

 private:
  int number_;
};

Error failed(const std::filesystem::path& path, std::string_view action, int code) {
  return make_error(
      code == ENOENT ? ErrorCode::not_found : ErrorCode::io_failed, "",
      "file " + path.string() + " cannot be " + std::string(action) + ": " + std::generic_category().message(code));
}

Error already_there(const std::filesystem::path& path) {
  return make_error(ErrorCode::io_failed, "", "file " + path.string() + " exists already and is not overwritten",
                    "another name, or the old file moved away first");
}

// 0 or errno.
int write_and_sync(const Descriptor& file, ByteView content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    content = content.subspan(static_cast<std::size_t>(count));
  }
  return ::fsync(file.number()) == 0 ? 0 : errno;
}

// 0 or errno; EEXIST if `to` stands.
int rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // Some file systems (memory sticks, network shares) know no such rename: look first.
  struct stat found {};
  if (::lstat(to.c_str(), &found) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Status write_private_file(const std::filesystem::path& path, ByteView content) {
  constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return already_there(path);

  const std::filesystem::path temporary = path.string() + ".new-" + random_fixed<ClientId>().short_hex();
  const auto give_up = [&](Error error) {
    ::unlink(temporary.c_str());
    return error;
  };
  {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kOwnerOnly);
    if (!file.open()) return failed(path, "created", errno);
    if (const int code = write_and_sync(file, content); code != 0) return give_up(failed(path, "written", code));
  }
  if (const int code = rename_to_new(temporary, path); code != 0)
    return give_up(code == EEXIST ? already_there(path) : failed(path, "created", code));

  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor directory(parent, O_RDONLY | O_DIRECTORY);
  if (!directory.open() || ::fsync(directory.number()) != 0) return failed(parent, "synced", errno);
  return {};
}

Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max) {
  // Not blocking, so that a pipe in the file's place is refused rather than waited for.
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  struct stat found {};
  if (!file.open() || ::fstat(file.number(), &found) != 0) return failed(path, "read", errno);
  if (!S_ISREG(found.st_mode))
    return make_error(ErrorCode::io_failed, "", path.string() + " is not a file", "the path of a regular file");
  std::string content(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file.number(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path, "read", errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > bytes_max)
    return make_error(ErrorCode::too_large, "", "file " + path.string() + " is too large",
                      "at most " + std::to_string(bytes_max) + " bytes");
  content.resize(size);
  return content;
}

}  // namespace tally::crypto
