// Purpose: a fresh directory for one test, removed with all it holds.
// Thread rule: belongs to one thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace tally::test {

// Where a test's files lie. Memory suits tests with faults of their own making: they need no real disk, and
// thousands of small files are slow on one.
enum class Medium { disk, memory };

class TempDirectory {
 public:
  explicit TempDirectory(Medium medium = Medium::disk) {
    const std::filesystem::path in_memory = "/dev/shm";
    const bool use_memory = medium == Medium::memory && std::filesystem::is_directory(in_memory);
    const auto parent = use_memory ? in_memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "tally-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory " + name);
    path_ = name;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tally::test
