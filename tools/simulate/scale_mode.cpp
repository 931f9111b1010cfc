#include <CLI/CLI.hpp>
#include <iostream>

#include "scale/model.h"
#include "simulate/modes.h"

namespace tally::simulate {

using namespace consensus::test;

namespace {

struct Options {
  std::vector<std::uint32_t> sizes;
  std::vector<std::uint64_t> links_ms;
  ScaleOptions one;
  std::uint64_t uplink_mbit = 100;
};

int run(const Options& options) {
  std::vector<ScaleOptions> all;
  for (const auto n : options.sizes) {
    for (const auto link_ms : options.links_ms) {
      all.push_back(options.one);
      all.back().n = n;
      all.back().link_us = link_ms * 1000;
      all.back().uplink_bits_per_second = options.uplink_mbit * 1'000'000;
    }
  }
  std::vector<ScaleResult> results;
  bool finished = true;
  for (const auto& each : all) {
    std::cerr << "n " << each.n << ", links of " << each.link_us / 1000 << " ms\n";
    results.push_back(measure(each));
    finished = finished && results.back().finished;
  }
  std::cout << scale_table(all, results) << "\nTime to finality, ms:\n\n```\n" << scale_plot(all, results) << "```\n";
  return finished ? kHeld : kFailed;
}

}  // namespace

void add_scale_mode(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  options->sizes = {4, 7, 13, 31, 64, 100};
  options->links_ms = {5, 50, 150};
  auto* mode = app.add_subcommand("scale", "What a block costs with so many offices, in virtual time");
  mode->add_option("--n", options->sizes, "Numbers of offices")->check(CLI::Range(1, 128));
  mode->add_option("--link-ms", options->links_ms, "One-way delays");
  mode->add_option("--batch-bytes", options->one.batch_bytes, "Size of a batch")
      ->check(CLI::Range(32, 1024 * 1024))
      ->capture_default_str();
  mode->add_option("--uplink-mbit", options->uplink_mbit, "What an office can send a second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  mode->add_option("--blocks", options->one.blocks, "Blocks measured")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  mode->callback([options, &code] { code = run(*options); });
}

}  // namespace tally::simulate
