#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/governance_views.h"

namespace tally::cli {

namespace {

struct RaiseOptions : SubmitOptions {
  std::string version;
  std::uint64_t from = 0;
  std::uint64_t in_blocks = 0;
};

Outcome<Json> fetch_protocol(NodeClient& client) {
  return client.get("/v1/protocol", Access::open);
}

Outcome<void> show_protocol(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto answer = fetch_protocol(*client);
  if (!answer) return answer.error();
  const Json& next = member(*answer, "next");
  Facts facts;
  facts.add("version in force", text_at(*answer, "version"))
      .add("planned",
           next.is_null() ? "nothing" : "version " + text_at(next, "version") + " from block " + text_at(next, "from"))
      .add("final block", text_at(*answer, "height"))
      .add("this node supports", "versions up to " + text_at(*answer, "supported"));
  Report report;
  report.json = *answer;
  report.sections.push_back({"", facts.table()});
  context.emit(report);
  const auto planned = json_detail::integer_from_text<std::uint64_t>(text_at(next, "version"));
  const auto supported = json_detail::integer_from_text<std::uint64_t>(text_at(*answer, "supported"));
  if (planned && supported && *planned > *supported)
    context.warn("this node stops at block " + text_at(next, "from") + " unless it runs newer software by then");
  return {};
}

Outcome<contracts::Operation> make_raise(const RaiseOptions& options, NodeClient& client) {
  auto version = number_field("VERSION", options.version);
  if (!version) return version.error();
  if ((options.from == 0) == (options.in_blocks == 0))
    return usage_failure("", "where the version is to begin is not clear", "either --from HEIGHT or --in BLOCKS");
  auto protocol = fetch_protocol(client);
  if (!protocol) return protocol.error();
  const auto supported = json_detail::integer_from_text<std::uint64_t>(text_at(*protocol, "supported"));
  const auto height = json_detail::integer_from_text<std::uint64_t>(text_at(*protocol, "height"));
  if (!supported || !height)
    return Failure(ExitCode::unreachable, make_error(ErrorCode::invalid_encoding, "/v1/protocol",
                                                     "lacks `supported` or `height`", "a node of this version"));
  if (*version > *supported)
    return usage_failure("VERSION", "is " + options.version + ", which the node at " + client.url() + " does not know",
                         "at most " + std::to_string(*supported) + ": first install software that knows the version");
  const std::uint64_t from = options.from != 0 ? options.from : *height + options.in_blocks;
  return contracts::Operation{contracts::RaiseProtocol{static_cast<std::uint32_t>(*version), from}};
}

}  // namespace

void register_protocol(Program& program) {
  Command group = program.root().group("protocol", "The version of the rules that all nodes follow");
  group.command("show", "The version in force, the planned one, and what the node supports", {"tally protocol show"},
                [](Context& context) { return show_protocol(context); });
  auto options = std::make_shared<RaiseOptions>();
  Command raise = group.command(
      "raise", "Propose a higher version from a block on; the members vote with tally validator vote",
      {"tally protocol raise 2 --in 5000 --key node/validator.key --passphrase-file node/validator.pass",
       "tally protocol raise 2 --from 120000"},
      [options](Context& context) {
        return run_governance(context, *options,
                              [options](Context&, NodeClient& client) { return make_raise(*options, client); });
      });
  raise.argument("VERSION", options->version, "The new version")
      .number("--from", "HEIGHT", options->from, 1, UINT64_MAX, "The first block under it")
      .number("--in", "BLOCKS", options->in_blocks, 1, UINT32_MAX, "The same, counted from the last final block");
  add_wait_options(raise, options->send);
}

}  // namespace tally::cli
