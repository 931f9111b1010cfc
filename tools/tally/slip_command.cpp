// The villager's slip: a page with a score, its last entries, and the proof in printed codes.
#include <filesystem>

#include "slip/parts.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/files.h"
#include "tally/node_client.h"
#include "tally/query_views.h"
#include "tally/slip_words.h"

namespace tally::cli {

namespace {

struct SlipOptions {
  std::string rulebook;
  std::string subject;
  std::string book;
  std::string out;
  std::string genesis;
  std::string language = "en";
  std::uint64_t entries = 5;
};

struct Fetched {
  ledger::Genesis genesis;
  std::string bytes;
  CheckedProof proof;
};

Outcome<Fetched> fetch(Context& context, NodeClient& client, const SlipOptions& options, const ledger::Genesis& genesis,
                       std::uint64_t entries) {
  const std::string target = "/v1/proofs/history/" + url_encoded(options.rulebook) + "/" +
                             url_encoded(options.subject) +
                             query_text({{"book", options.book}, {"last", std::to_string(entries)}});
  auto answer = client.get_raw(target, Access::personal);
  if (!answer) return answer.error();
  contracts::RulebookTexts texts(genesis);
  if (const auto text = client.get_raw("/v1/rulebooks/" + url_encoded(options.rulebook), Access::open))
    (void)texts.add(text->body);
  auto proof = check_proof(as_bytes(answer->body), genesis, texts);
  if (!proof) return Failure(proof.error()).during("the node's proof does not hold");
  if (!proof->story->rulebook)
    return Failure(
        ExitCode::verification_failed,
        make_error(ErrorCode::not_found, "rulebook",
                   "the node does not serve the text of version " + std::to_string(proof->story->rulebook_version),
                   "a node that holds the rulebook whose digest is " + proof->story->rulebook_document.hex()));
  (void)context;
  return Fetched{genesis, std::move(answer->body), *std::move(proof)};
}

// As many entries as the codes of one page hold.
Outcome<Fetched> fetch_what_fits(Context& context, NodeClient& client, const SlipOptions& options,
                                 const ledger::Genesis& genesis) {
  for (std::uint64_t entries = options.entries;; --entries) {
    auto fetched = fetch(context, client, options, genesis, entries);
    if (!fetched) return fetched;
    if (fetched->bytes.size() <= slip::kSlipProofBytesMax) {
      if (entries < options.entries)
        context.warn("only " + std::to_string(entries) + " entries fit the codes of one page");
      return fetched;
    }
    if (entries == 0)
      return Failure(make_error(ErrorCode::too_large, "proof",
                                "has " + std::to_string(fetched->bytes.size()) + " bytes without any entry",
                                "at most " + std::to_string(slip::kSlipProofBytesMax)))
          .then("tally prove history --out FILE writes it to a file");
  }
}

Outcome<void> write(const SlipOptions& options, const Fetched& fetched) {
  const auto page =
      slip_page(fetched.proof, fetched.genesis, options.language == "zh" ? SlipLanguage::zh : SlipLanguage::en);
  const std::string ending = std::filesystem::path(options.out).extension().string();
  if (ending == ".txt")
    return write_new_file(options.out, slip::text_page(page, as_bytes(fetched.bytes)), Privacy::shared);
  std::error_code failed;
  if (std::filesystem::exists(options.out, failed))
    return usage_failure(options.out, "already exists", "a new name; existing files are never replaced");
  auto parts = slip::split_proof(as_bytes(fetched.bytes));
  if (!parts) return Failure(parts.error());
  const std::string part = options.out + ".part";
  const auto kind = ending == ".pdf" ? slip::PictureKind::pdf : slip::PictureKind::png;
  if (auto drawn = slip::draw_page(page, *parts, kind, part); !drawn) {
    std::filesystem::remove(part, failed);
    return Failure(drawn.error());
  }
  std::filesystem::rename(part, options.out, failed);
  if (failed) return Failure(make_error(ErrorCode::io_failed, options.out, failed.message(), "a writable place"));
  return {};
}

Outcome<void> print_slip(Context& context, const SlipOptions& options) {
  const std::string ending = std::filesystem::path(options.out).extension().string();
  if (ending != ".png" && ending != ".pdf" && ending != ".txt")
    return usage_failure("--out", "is " + options.out, "a name that ends with .png, .pdf or .txt");
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  std::optional<ledger::Genesis> genesis;
  if (!options.genesis.empty()) {
    auto read = read_genesis(context, options.genesis);
    if (!read) return read.error();
    genesis = *std::move(read);
  } else {
    auto source = ChainSource::open(*client);
    if (!source) return source.error();
    genesis = source->genesis();
  }
  auto fetched = fetch_what_fits(context, *client, options, *genesis);
  if (!fetched) return fetched.error();
  if (auto written = write(options, *fetched); !written) return written.error();
  Report report = report_of(fetched->proof, *genesis, fetched->bytes.size());
  report.json["file"] = options.out;
  report.csv = 0;
  report.sections.resize(1);
  report.sections.front().table =
      Facts()
          .add("slip", options.out)
          .add("of", subject_line(fetched->proof))
          .add("score", fetched->proof.story->rulebook->points(fetched->proof.story->record.score))
          .add("entries", std::to_string(fetched->proof.story->entries.size()))
          .add("proof", std::to_string(fetched->bytes.size()) + " bytes")
          .table();
  context.emit(report);
  context.note(ending == ".pdf" ? "a PDF is for printing: photograph or scan the print to check it"
                                : "next: tally verify " + options.out + " --genesis genesis.json");
  return {};
}

}  // namespace

void register_slip(Program& program) {
  auto options = std::make_shared<SlipOptions>();
  Command command = program.root().command(
      "slip", "Print a villager's slip: score, last entries, and the proof in codes that can be photographed",
      {"tally slip qingzhen 4f0c...e1 --out slip.png --key villager.key",
       "tally slip qingzhen 4f0c...e1 --out slip.pdf --lang zh"},
      [options](Context& context) { return print_slip(context, *options); });
  command.argument("RULEBOOK", options->rulebook, "Rulebook")
      .argument("SUBJECT", options->subject, "Handle of the subject, 32 digits")
      .text("--out", "FILE", options->out, "A new file: .png, .pdf or .txt", Need::required)
      .text("--book", "CODE", options->book, "Book; without it the main one of the subject's kind")
      .number("--entries", "N", options->entries, 0, 8, "So many of the last entries, if the codes hold them")
      .choice("--lang", options->language, {"en", "zh"}, "Language of the words")
      .text("--genesis", "FILE", options->genesis, "Check the node's proof with this genesis, not with its own");
}

}  // namespace tally::cli
