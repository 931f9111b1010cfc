// Purpose: what happened in a run, readable: one event a line, the messages as arrows between the offices' lanes; and
// a digest of all events, by which two runs are compared.
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace tally::sim {

class Trace {
 public:
  // Keeps the last `lines`; 0 keeps none, and then texts need not be made.
  Trace(std::size_t lines, std::uint32_t offices) : lines_max_(lines), offices_(offices) {}

  [[nodiscard]] bool wanted() const { return lines_max_ > 0; }
  void at(std::uint64_t now_us) { now_us_ = now_us; }
  // An event of the run, as numbers: part of the digest.
  void mix(std::uint64_t number);
  // Required: wanted().
  void event(const std::string& text);
  void arrow(std::uint32_t from, std::uint32_t to, const std::string& text);

  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::string text() const;

 private:
  void keep(std::string line);
  [[nodiscard]] std::string time() const;

  std::size_t lines_max_;
  std::uint32_t offices_;
  std::uint64_t now_us_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
  std::deque<std::string> lines_;
};

}  // namespace tally::sim
