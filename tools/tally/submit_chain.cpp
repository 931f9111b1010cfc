#include "tally/fields.h"
#include "tally/submit_command.h"

namespace tally::cli {

namespace {

struct ClockOptions : SubmitOptions {
  std::string to;
  std::uint64_t by_ms = 0;
};

Outcome<Draft> make_advance(const ClockOptions& options, Context& context, NodeClient& client) {
  if (options.to.empty() == (options.by_ms == 0))
    return usage_failure("", "where the clock is to go is not clear", "either --to TIME or --by TIME");
  auto status = client.status();
  if (!status) return status.error();
  if (status->clock != ledger::ClockMode::test)
    return Failure(ExitCode::rejected, make_error(ErrorCode::test_clock_disabled, "", "this chain has a real clock",
                                                  "a chain whose genesis declares a test clock"));
  TimestampMs to = status->block_time(context.world().now()).plus(options.by_ms);
  if (!options.to.empty()) {
    auto time = time_field("--to", options.to);
    if (!time) return time.error();
    to = *time;
  }
  return Draft{{contracts::AdvanceClock{to}}, ledger::Mode::all_or_nothing, {"advance_clock"}};
}

}  // namespace

void register_chain_commands(Command& submit) {
  auto clock = std::make_shared<ClockOptions>();
  Command advance = submit.command(
      "advance-clock", "Move the test clock of a chain that has one",
      {"tally submit advance-clock --by 10d --key clock.json", "tally submit advance-clock --to 2026-06-01"},
      [clock](Context& context) {
        return run_submit(context, *clock, [clock](Context& inner, NodeClient& client, contracts::RulebookPtr&) {
          return make_advance(*clock, inner, client);
        });
      });
  advance.text("--to", "TIME", clock->to, "Block time from which the chain goes on")
      .duration("--by", clock->by_ms, UINT64_MAX / 4, "How far from now, by the chain's clock");
  add_submit_options(advance, *clock);
}

}  // namespace tally::cli
