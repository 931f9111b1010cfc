// Runs a fuzz target over fixed pseudo-random inputs, so that every build exercises it. With file names as
// arguments it replays those inputs instead, e.g. a crash that the fuzzer found.
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz_support.h"

namespace {

constexpr std::uint64_t kInputs = 20'000;
constexpr std::size_t kBytesMax = 400;

// Small values are frequent: they make plausible lengths, classes and counts.
std::vector<std::uint8_t> input_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::uint64_t small_in_four = random() % 5;
  std::vector<std::uint8_t> out(random() % (kBytesMax + 1));
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random() % 4 < small_in_four ? random() % 6 : random());
  return out;
}

void run(const std::vector<std::uint8_t>& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", arguments[i]);
      return 2;
    }
    run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  }
  for (std::uint64_t seed = 0; count == 1 && seed < kInputs; ++seed) run(input_of(seed));
  return 0;
}
