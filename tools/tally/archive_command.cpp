// tally archive: the chain in chunks that are the same on every node: listed, copied, checked, brought into a node.
#include <filesystem>
#include <fstream>

#include "contracts/engine.h"
#include "contracts/genesis_json.h"
#include "ledger/archive_directory.h"
#include "node/archive_import.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/files.h"

namespace tally::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRangeBytes = 4 * limits::kMiB;

struct ArchiveOptions {
  std::string directory;
  std::string genesis;
  std::string node;  // its settings
  bool progress = false;
};

// What every check begins with.
struct Ground {
  ledger::Genesis genesis;
  ChainId chain;
  std::unique_ptr<crypto::Verifier> verifier;
  ledger::ChunkStart start;
};

Outcome<Ground> ground_of(Context& context, const std::string& genesis_file) {
  auto document = read_input(genesis_file, limits::kGenesisBytesMax, context.world());
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(*document);
  if (!genesis) return Failure(ExitCode::bad_input, Error(genesis.error()).within(genesis_file));
  Ground ground;
  ground.genesis = *std::move(genesis);
  ground.chain = ledger::chain_id(ground.genesis);
  ground.verifier = crypto::make_verifier(ground.chain);
  const auto store = storage::make_memory_store();
  contracts::RuleEngine engine;
  ledger::ChainOptions options;
  options.final_views = false;
  auto chain = ledger::Chain::open(*store, ground.genesis, engine, *ground.verifier, options);
  if (!chain) return Failure(ExitCode::bad_input, Error(chain.error()).within(genesis_file));
  ground.start = ledger::chunk_start(ground.genesis, (*chain)->head().header);
  return ground;
}

struct Remote {
  std::uint64_t number = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t bytes = 0;
  std::string digest;
  bool sealed = false;
};

Outcome<Remote> remote_of(const Json& json, bool sealed) {
  Remote out;
  out.sealed = sealed;
  out.digest = text_at(json, "digest");
  for (const auto& [name, into] :
       {std::pair{"number", &out.number}, {"first", &out.first}, {"last", &out.last}, {"bytes", &out.bytes}}) {
    const auto number = json_detail::integer_from_text<std::uint64_t>(text_at(json, name));
    if (!number)
      return Failure(ExitCode::unreachable,
                     make_error(ErrorCode::invalid_encoding, name, "is no number", "a node's list of chunks"));
    *into = *number;
  }
  return out;
}

Outcome<std::vector<Remote>> remote_chunks(NodeClient& client) {
  std::vector<Remote> out;
  for (std::uint64_t from = 0;;) {
    auto page = client.get("/v1/archive?from=" + std::to_string(from), Access::personal);
    if (!page) return page.error();
    if (page->contains("chunks") && (*page)["chunks"].is_array())
      for (const auto& row : (*page)["chunks"]) {
        auto chunk = remote_of(row, true);
        if (!chunk) return chunk.error();
        out.push_back(*chunk);
      }
    if (page->contains("open") && (*page)["open"].is_object()) {
      auto chunk = remote_of((*page)["open"], false);
      if (!chunk) return chunk.error();
      out.push_back(*chunk);
    }
    const auto next = json_detail::integer_from_text<std::uint64_t>(text_at(*page, "next"));
    if (!next || *next <= from) return out;
    from = *next;
  }
}

Outcome<void> list(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto chunks = remote_chunks(*client);
  if (!chunks) return chunks.error();
  Report report;
  Json rows = Json::array();
  Table table{
      {{"chunk", Align::right}, {"first", Align::right}, {"last", Align::right}, {"bytes", Align::right}, {"digest"}},
      {}};
  for (const auto& chunk : *chunks) {
    const std::string number = chunk.sealed ? std::to_string(chunk.number) : "open";
    table.rows.push_back(
        {number, std::to_string(chunk.first), std::to_string(chunk.last), std::to_string(chunk.bytes), chunk.digest});
    rows.push_back({{"number", chunk.number},
                    {"sealed", chunk.sealed},
                    {"first", chunk.first},
                    {"last", chunk.last},
                    {"bytes", chunk.bytes},
                    {"digest", chunk.digest}});
  }
  report.json = {{"chunks", rows}};
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  return {};
}

Failure cannot_write(const fs::path& file) {
  return Failure(make_error(ErrorCode::io_failed, file.string(), "cannot be written", "a directory with free space"));
}

// Goes on where an earlier fetch broke off.
Outcome<void> download(NodeClient& client, const Remote& chunk, const fs::path& part) {
  std::error_code failed;
  std::uint64_t held = fs::exists(part, failed) ? fs::file_size(part, failed) : 0;
  if (failed || held > chunk.bytes) {
    fs::remove(part, failed);
    held = 0;
  }
  std::ofstream out(part, std::ios::binary | std::ios::app);
  while (held < chunk.bytes) {
    const std::uint64_t last = std::min(held + kRangeBytes, chunk.bytes) - 1;
    auto answer = client.get_raw("/v1/archive/" + std::to_string(chunk.number), Access::personal,
                                 {{"range", "bytes=" + std::to_string(held) + "-" + std::to_string(last)},
                                  {"if-range", '"' + chunk.digest + '"'}});
    if (!answer) return answer.error();
    if (answer->status != 206 || answer->body.empty() || answer->body.size() > last - held + 1)
      return Failure(ExitCode::unreachable,
                     make_error(ErrorCode::unreachable, "chunk " + std::to_string(chunk.number),
                                "is not served any more as it was listed", "to fetch again: the chain went on"));
    out.write(answer->body.data(), static_cast<std::streamsize>(answer->body.size()));
    out.flush();
    if (!out) return cannot_write(part);
    held += answer->body.size();
  }
  return {};
}

// Under the other name only once it is known to be good. What was left of an earlier attempt may be to blame, so a
// whole new copy is tried before the node is.
Outcome<void> fetch_one(NodeClient& client, const Remote& chunk, const fs::path& directory, Ground& ground) {
  const auto file =
      directory / (chunk.sealed ? ledger::chunk_file_name(chunk.number) : std::string(ledger::kOpenEndFile));
  // Judged under the name that it will have, in a place of its own.
  const auto place = directory / "fetching.part";
  const auto part = place / file.filename();
  std::error_code failed;
  fs::create_directories(place, failed);
  bool resumed = chunk.sealed && fs::exists(part, failed);
  if (!chunk.sealed) fs::remove(part, failed);
  for (;;) {
    if (auto got = download(client, chunk, part); !got) return got;
    auto start = ground.start;
    const Status good = ledger::check_archive_file(part, ground.chain, start, *ground.verifier);
    if (good) {
      fs::rename(part, file, failed);
      if (failed) return cannot_write(file);
      ground.start = std::move(start);
      return {};
    }
    fs::remove(part, failed);
    if (!resumed)
      return Failure(ExitCode::verification_failed, good.error()).during("the node serves a chunk that does not hold");
    resumed = false;
  }
}

Outcome<void> copy_genesis(NodeClient& client, const fs::path& directory, const Ground& ground) {
  const auto file = directory / ledger::kArchiveGenesisFile;
  std::error_code failed;
  if (fs::exists(file, failed)) return {};
  auto document = client.get_raw("/v1/genesis", Access::open);
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(document->body);
  if (!genesis || ledger::chain_id(*genesis) != ground.chain)
    return Failure(ExitCode::verification_failed,
                   make_error(ErrorCode::wrong_chain, "genesis", "of the node is another", ground.chain.hex()));
  return write_new_file(file.string(), document->body, Privacy::shared);
}

void emit_held(Context& context, const ArchiveOptions& options, const Ground& ground, std::uint64_t files,
               const std::string& next) {
  Report report;
  const std::string height = std::to_string(ground.start.before.height.value);
  report.json = {{"directory", options.directory}, {"chain", ground.chain.hex()}, {"files", files}, {"height", height}};
  report.sections.push_back({"", Facts()
                                     .add("directory", options.directory)
                                     .add("chain", ground.chain.hex())
                                     .add("files", std::to_string(files))
                                     .add("holds until height", height)
                                     .table()});
  context.emit(report);
  context.note(next);
}

Outcome<void> fetch(Context& context, const ArchiveOptions& options) {
  auto ground = ground_of(context, options.genesis);
  if (!ground) return ground.error();
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto chunks = remote_chunks(*client);
  if (!chunks) return chunks.error();
  const fs::path directory = options.directory;
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return cannot_write(directory);
  if (auto copied = copy_genesis(*client, directory, *ground); !copied) return copied;
  Progress progress(context.world(), options.progress);
  std::uint64_t files = 0;
  for (const auto& chunk : *chunks) {
    if (chunk.number != ground->start.number)
      return Failure(make_error(ErrorCode::not_found, "chunk " + std::to_string(ground->start.number),
                                "is not held by this node", "a node that has pruned nothing"));
    const auto held = directory / ledger::chunk_file_name(chunk.number);
    if (chunk.sealed && fs::exists(held, failed)) {
      if (auto good = ledger::check_archive_file(held, ground->chain, ground->start, *ground->verifier); !good)
        return Failure(ExitCode::verification_failed, good.error()).then("delete that file and fetch again");
    } else if (auto fetched = fetch_one(*client, chunk, directory, *ground); !fetched) {
      return fetched;
    }
    if (chunk.sealed) fs::remove(directory / ledger::kOpenEndFile, failed);
    progress.show(++files, chunks->size(), "files");
  }
  fs::remove_all(directory / "fetching.part", failed);
  progress.finish();
  emit_held(context, options, *ground, files, "next: tally audit --file " + options.directory + " replays it");
  return {};
}

Outcome<void> check(Context& context, const ArchiveOptions& options) {
  auto ground = ground_of(context, options.genesis);
  if (!ground) return ground.error();
  auto files = ledger::archive_files(options.directory);
  if (!files) return Failure(ExitCode::verification_failed, files.error());
  Progress progress(context.world(), options.progress);
  std::uint64_t done = 0;
  for (const auto& file : *files) {
    if (auto good = ledger::check_archive_file(file, ground->chain, ground->start, *ground->verifier); !good)
      return Failure(ExitCode::verification_failed, good.error())
          .during("the archive does not hold; it does until height " +
                  std::to_string(ground->start.before.height.value));
    progress.show(++done, files->size(), "files");
  }
  progress.finish();
  emit_held(context, options, *ground, files->size(),
            "headers, batches and certificates agree; tally audit --file " + options.directory + " executes it too");
  return {};
}

Outcome<void> import(Context& context, const ArchiveOptions& options) {
  auto config = node::read_config(options.node);
  if (!config) return Failure(config.error()).during("the node's settings cannot be used");
  auto setup = node::load_setup(std::move(config).value());
  if (!setup) return Failure(setup.error()).during("the node's files cannot be used");
  Progress progress(context.world(), options.progress);
  BlockHeight kept;
  auto done = node::import_archive(*setup, options.directory, kept, nullptr,
                                   [&](BlockHeight height) { progress.show(height.value, 0, "blocks"); });
  progress.finish();
  if (!done)
    return Failure(ExitCode::verification_failed, done.error())
        .during(kept.value == 0
                    ? std::string("nothing was imported and nothing was left behind")
                    : "the import broke off; the node holds good blocks up to " + std::to_string(kept.value));
  Report report;
  report.json = {{"before", done->before.value}, {"head", done->head.value}, {"files", done->files}};
  report.sections.push_back({"", Facts()
                                     .add("files", std::to_string(done->files))
                                     .add("head before", std::to_string(done->before.value))
                                     .add("head now", std::to_string(done->head.value))
                                     .table()});
  context.emit(report);
  context.note("next: start tallyd; it fetches what came after from its peers");
  return {};
}

}  // namespace

void register_archive(Program& program) {
  auto options = std::make_shared<ArchiveOptions>();
  const std::string genesis_help = "The genesis document that the chain must start from";
  const std::string progress_help = "Show progress even if standard error is no terminal";
  Command archive = program.root().group("archive", "The chain in chunks that are the same on every node");
  archive.command("list", "What chunks a node holds, with sizes and digests",
                  {"tally archive list --node http://10.0.0.1:8080 --key auditor.json"},
                  [](Context& context) { return list(context); });
  archive
      .command("fetch", "Copy what is missing in a directory from a node; goes on where it broke off",
               {"tally archive fetch archive --genesis genesis.json --key auditor.json"},
               [options](Context& context) { return fetch(context, *options); })
      .argument("DIR", options->directory, "The archive's directory; made if it is absent")
      .text("--genesis", "FILE", options->genesis, genesis_help, Need::required)
      .flag("--progress", options->progress, progress_help);
  archive
      .command("check", "Check a directory without any node: order, digests, links and certificates",
               {"tally archive check archive --genesis genesis.json"},
               [options](Context& context) { return check(context, *options); })
      .argument("DIR", options->directory, "The archive's directory")
      .text("--genesis", "FILE", options->genesis, genesis_help, Need::required)
      .flag("--progress", options->progress, progress_help);
  archive
      .command("import", "Execute the blocks above the head of a stopped node, after checking each chunk",
               {"tally archive import archive --node-config node/node.toml"},
               [options](Context& context) { return import(context, *options); })
      .argument("DIR", options->directory, "The archive's directory")
      .text("--node-config", "FILE", options->node, "The node's settings (node.toml)", Need::required)
      .flag("--progress", options->progress, progress_help);
}

}  // namespace tally::cli
