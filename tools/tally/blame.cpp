#include "tally/blame.h"

#include "common/limits.h"
#include "consensus/evidence.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

// 1024 pieces are kept by a node, and none is larger than two VIEW-CHANGEs; most are a few hundred bytes.
constexpr std::size_t kEvidenceFileBytesMax = 64 * limits::kMiB;

Outcome<std::vector<std::string>> pieces_of(const Json& document, const std::string& source) {
  std::vector<std::string> out;
  const auto list = document.is_object() ? document.find("evidence") : document.end();
  if (!document.is_object() || list == document.end() || !list->is_array())
    return input_failure(source, "has no list \"evidence\"", "a document as GET /v1/evidence answers with");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& piece = (*list)[i];
    if (!piece.is_object() || !piece.contains("bytes") || !piece["bytes"].is_string())
      return input_failure(source + ": evidence[" + std::to_string(i) + "].bytes", "is missing",
                           "the piece's canonical bytes in hexadecimal");
    out.push_back(piece["bytes"].get<std::string>());
  }
  return out;
}

Result<consensus::Misconduct> proven(const std::string& piece, const crypto::Verifier& verifier,
                                     const std::vector<consensus::ValidatorSet>& epochs) {
  const auto bytes = from_hex(piece);
  if (!bytes) return make_error(ErrorCode::invalid_encoding, "bytes", "are not hexadecimal");
  auto misconduct = decode<consensus::Misconduct>(*bytes);
  if (!misconduct) return misconduct.error();
  const auto validators =
      std::find_if(epochs.begin(), epochs.end(), [&](const auto& set) { return set.epoch == misconduct->epoch; });
  if (validators == epochs.end())
    return make_error(ErrorCode::not_found, "epoch",
                      "is " + std::to_string(misconduct->epoch.value) + ", which the audited chain does not reach",
                      "a chain that was audited further");
  if (Status good = consensus::check_misconduct(*misconduct, *validators, verifier); !good) return good.error();
  return misconduct;
}

}  // namespace

Outcome<std::vector<std::string>> evidence_from_file(Context& context, const std::string& file) {
  auto text = read_input(file, kEvidenceFileBytesMax, context.world());
  if (!text) return text.error();
  const auto document = parse_json(*text);
  if (!document) return Failure(ExitCode::bad_input, Error(document.error()).within(file));
  return pieces_of(*document, file);
}

Outcome<std::vector<std::string>> evidence_from_node(NodeClient& client) {
  std::vector<std::string> out;
  std::string cursor;
  while (true) {
    auto page = client.get("/v1/evidence?cursor=" + cursor, Access::open);
    if (!page) return page.error();
    auto pieces = pieces_of(*page, "the node's answer");
    if (!pieces) return pieces.error();
    const std::string next = text_at(*page, "next");
    out.insert(out.end(), pieces->begin(), pieces->end());
    if (pieces->empty() || next.empty() || next == cursor) return out;
    cursor = next;
  }
}

BlameVerdict judge_evidence(const std::vector<std::string>& pieces, const ChainId& chain,
                            const std::vector<consensus::ValidatorSet>& epochs) {
  const auto verifier = crypto::make_verifier(chain);
  BlameVerdict out;
  out.table.columns = {{"organisation"}, {"replica", Align::right}, {"epoch", Align::right}, {"what it did"}, {"key"}};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto misconduct = proven(pieces[i], *verifier, epochs);
    if (!misconduct) {
      const Error& error = misconduct.error();
      out.refused.push_back({{"index", i}, {"code", name_of(error.code)}, {"problem", error.text()}});
      out.complaints.push_back("evidence[" + std::to_string(i) + "] proves nothing: " + error.text());
      continue;
    }
    const auto& validators =
        *std::find_if(epochs.begin(), epochs.end(), [&](const auto& set) { return set.epoch == misconduct->epoch; });
    const auto& member = validators.members[misconduct->replica.value];
    const std::string replica = std::to_string(misconduct->replica.value);
    const std::string epoch = std::to_string(misconduct->epoch.value);
    const std::string what = consensus::describe(*misconduct);
    out.table.rows.push_back({member.name, replica, epoch, what, member.key.hex()});
    out.proven.push_back({{"organisation", member.name},
                          {"key", member.key.hex()},
                          {"replica", misconduct->replica.value},
                          {"epoch", epoch},
                          {"what", what},
                          {"messages", to_json(misconduct->messages)}});
  }
  return out;
}

}  // namespace tally::cli
