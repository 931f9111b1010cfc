#include <algorithm>
#include <array>
#include <cstdio>

#include "scale/model.h"

namespace tally::consensus::test {

namespace {

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

std::string milliseconds(std::uint64_t us) {
  return grouped((us + 500) / 1000);
}

// Two digits after the point, of KiB.
std::string kibibytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%llu.%llu", static_cast<unsigned long long>(bytes / 1024),
                static_cast<unsigned long long>(bytes % 1024 * 10 / 1024));
  return text.data();
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

}  // namespace

std::vector<ScaleOptions> standard_scales() {
  std::vector<ScaleOptions> out;
  for (const std::uint32_t n : {4U, 7U, 13U, 31U, 64U, 100U}) {
    for (const std::uint64_t link_ms : {5U, 50U, 150U}) {
      ScaleOptions options;
      options.n = n;
      options.link_us = link_ms * 1000;
      out.push_back(options);
    }
  }
  return out;
}

std::string scale_table(const std::vector<ScaleOptions>& options, const std::vector<ScaleResult>& results) {
  std::string out =
      "| n | link ms | messages | KiB | signatures made | checked by one | finality ms | worst ms | replaced ms |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ScaleResult& it = results[i];
    out += "| " + std::to_string(options[i].n) + " | " + std::to_string(options[i].link_us / 1000) + " | ";
    if (!it.finished) {
      out += "did not finish | | | | | | |\n";
      continue;
    }
    out += grouped(it.messages) + " | " + kibibytes(it.bytes) + " | " + grouped(it.signatures_made) + " | " +
           grouped(it.signatures_checked) + " | " + milliseconds(it.finality_us) + " | " +
           milliseconds(it.finality_worst_us) + " | " + milliseconds(it.replaced_us) + " |\n";
  }
  return out;
}

std::string scale_plot(const std::vector<ScaleOptions>& options, const std::vector<ScaleResult>& results) {
  static constexpr std::uint64_t kWidth = 60;
  std::uint64_t most_us = 1;
  for (const auto& result : results) most_us = std::max(most_us, result.finality_us);
  std::string out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::uint64_t us = results[i].finality_us;
    out += padded(std::to_string(options[i].n), 4) + padded(std::to_string(options[i].link_us / 1000), 5) + " ms |" +
           std::string((us * kWidth + most_us / 2) / most_us, '#') + " " + milliseconds(us) + "\n";
  }
  return out;
}

}  // namespace tally::consensus::test
