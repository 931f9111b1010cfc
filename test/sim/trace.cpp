#include "sim/trace.h"

#include <algorithm>

namespace tally::sim {

namespace {

constexpr std::size_t kLaneWidth = 5;

}  // namespace

void Trace::mix(std::uint64_t number) {
  // FNV-1a, a word at a time, with a final shuffle of the bits.
  digest_ = (digest_ ^ number) * 0x100000001b3ULL;
  digest_ ^= digest_ >> 29;
}

std::string Trace::time() const {
  std::string ms = std::to_string(now_us_ / 1000);
  if (ms.size() < 7) ms.insert(0, 7 - ms.size(), ' ');
  return ms + " ms ";
}

void Trace::keep(std::string line) {
  if (lines_.size() == lines_max_) lines_.pop_front();
  lines_.push_back(std::move(line));
}

void Trace::event(const std::string& text) {
  std::string lanes;
  for (std::uint32_t i = 0; i < offices_; ++i) lanes += "|" + std::string(kLaneWidth - 1, ' ');
  keep(time() + lanes + text);
}

void Trace::arrow(std::uint32_t from, std::uint32_t to, const std::string& text) {
  std::string lanes;
  for (std::uint32_t i = 0; i < offices_; ++i) lanes += "|" + std::string(kLaneWidth - 1, ' ');
  const std::size_t left = std::min(from, to) * kLaneWidth;
  const std::size_t right = std::max(from, to) * kLaneWidth;
  for (std::size_t at = left + 1; at < right; ++at) lanes[at] = '-';
  if (from < to)
    lanes[right - 1] = '>';
  else if (to < from)
    lanes[left + 1] = '<';
  keep(time() + lanes + text);
}

std::string Trace::text() const {
  std::string out = "           ";
  for (std::uint32_t i = 0; i < offices_; ++i) {
    const std::string name = std::to_string(i);
    out += name + std::string(kLaneWidth - name.size(), ' ');
  }
  out += "\n";
  for (const auto& line : lines_) out += line + "\n";
  return out;
}

}  // namespace tally::sim
