#include "tally/watcher.h"

#include <fstream>

#include "common/json.h"
#include "common/limits.h"
#include "crypto/digest.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

constexpr std::size_t kTrustFileBytesMax = 4 * limits::kMiB;
constexpr const char* kTrustFile = "trusted.json";
constexpr const char* kFormat = "tallystick-trust-1";
constexpr crypto::Domain kTrustDomain{"tally.trust"};

// Written beside it and renamed, so that a power cut leaves the old one or the new one.
Outcome<void> replace_file(const std::filesystem::path& file, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  const auto part = std::filesystem::path(file.string() + ".part");
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!failed && out) std::filesystem::rename(part, file, failed);
  if (failed || !out)
    return Failure(make_error(ErrorCode::io_failed, file.string(), "cannot be written", "a writable directory"));
  return {};
}

template <class T>
Result<T> answer_of(const Outcome<node::HttpResponse>& response) {
  return decode<T>(as_bytes(response->body));
}

std::string block(BlockHeight height) {
  return "block " + std::to_string(height.value);
}

}  // namespace

Outcome<std::optional<Trust>> TrustDirectory::read() const {
  const auto file = path_ / kTrustFile;
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) return std::optional<Trust>{};
  const auto text = read_text_file(file.string(), kTrustFileBytesMax);
  if (!text) return Failure(text.error());
  const auto damaged = [&](const std::string& problem) {
    return Failure(ExitCode::bad_input,
                   make_error(ErrorCode::invalid_encoding, file.string(), "is not what was written there: " + problem,
                              "the file from a backup; it is never replaced by a guess"));
  };
  const auto document = parse_json(*text);
  if (!document) return damaged(document.error().text());
  if (!document->is_object() || document->value("format", "") != kFormat || !document->contains("bytes") ||
      !(*document)["bytes"].is_string())
    return damaged("it has no format " + std::string(kFormat));
  const auto bytes = from_hex((*document)["bytes"].get<std::string>());
  if (bytes && crypto::digest(kTrustDomain, *bytes).hex() != document->value("digest", ""))
    return damaged("its digest is another");
  const auto trust = bytes ? decode<Trust>(*bytes)
                           : Result<Trust>(make_error(ErrorCode::invalid_encoding, "bytes", "are no hexadecimal"));
  if (!trust) return damaged(trust.error().text());
  return std::optional(*trust);
}

Outcome<void> TrustDirectory::write(const Trust& trust) const {
  const Json document = {{"format", kFormat},
                         {"chain", trust.head.chain.hex()},
                         {"height", to_json(trust.head.header.height)},
                         {"header", ledger::digest_of(trust.head.header).hex()},
                         {"nodes", to_json(trust.nodes)},
                         {"digest", crypto::digest(kTrustDomain, encode(trust)).hex()},
                         {"bytes", to_hex(encode(trust))}};
  return replace_file(path_ / kTrustFile, document.dump(2) + "\n");
}

Outcome<std::string> TrustDirectory::keep_fork(const std::vector<consensus::Misconduct>& proven,
                                               BlockHeight height) const {
  Json pieces = Json::array();
  for (const auto& one : proven) pieces.push_back({{"what", consensus::describe(one)}, {"bytes", to_hex(encode(one))}});
  const auto file = path_ / "alarms" / ("fork-" + std::to_string(height.value) + ".json");
  if (auto written = replace_file(file, Json{{"evidence", pieces}}.dump(2) + "\n"); !written) return written.error();
  return file.string();
}

SeenNode& Watcher::seen(const std::string& url) {
  for (auto& node : trust_.nodes)
    if (node.url == url) return node;
  return trust_.nodes.emplace_back(SeenNode{url, 0});
}

std::optional<std::vector<ledger::CertifiedHeader>> Watcher::headers(NodeClient& client, std::uint64_t from,
                                                                     std::vector<Alarm>& alarms) {
  const auto answer = client.get_raw("/v1/headers?from=" + std::to_string(from), Access::open);
  if (!answer) {
    alarms.push_back({AlarmKind::unreachable, client.url(), answer.error().what});
    return std::nullopt;
  }
  auto out = answer_of<std::vector<ledger::CertifiedHeader>>(answer);
  if (out) return std::move(out).value();
  alarms.push_back({AlarmKind::bad_answer, client.url(), "its headers cannot be read: " + out.error().text()});
  return std::nullopt;
}

// That the node's block at the trusted height is the trusted one.
Outcome<bool> Watcher::contains_head(NodeClient& client, std::vector<Alarm>& alarms) {
  const auto& head = trust_.head;
  const auto found = headers(client, head.header.height.value, alarms);
  if (!found) return false;
  if (found->empty()) {
    alarms.push_back({AlarmKind::lacks_trusted_head, client.url(), "it serves no " + block(head.header.height)});
    return false;
  }
  const auto& theirs = found->front();
  if (theirs.header == head.header) return true;
  const auto proven = ledger::prove_fork(head, theirs);
  if (!proven) {
    alarms.push_back({AlarmKind::lacks_trusted_head, client.url(),
                      "its " + block(head.header.height) + " is " + ledger::digest_of(theirs.header).hex() +
                          ", not the trusted " + ledger::digest_of(head.header).hex() +
                          ", and nothing certifies it: " + proven.error().text()});
    return false;
  }
  auto file = directory_.keep_fork(*proven, head.header.height);
  if (!file) return file.error();
  std::string names;
  for (const auto& one : *proven)
    names += (names.empty() ? "" : ", ") + head.validators.members[one.replica.value].name;
  alarms.push_back({AlarmKind::fork, client.url(),
                    "two headers of " + block(head.header.height) + " are certified: " +
                        ledger::digest_of(head.header).hex() + " and " + ledger::digest_of(theirs.header).hex() +
                        "; both were signed by " + names + "; evidence in " + *file});
  return false;
}

Outcome<void> Watcher::visit(NodeClient& client, TimestampMs now, std::vector<Alarm>& alarms) {
  const auto status = client.status(true);
  if (!status) {
    alarms.push_back({AlarmKind::unreachable, client.url(), status.error().what});
    return {};
  }
  if (status->chain != trust_.head.chain) {
    alarms.push_back({AlarmKind::other_chain, client.url(), "it is on chain " + status->chain.hex()});
    return {};
  }
  SeenNode& node = seen(client.url());
  if (status->final_height < node.final_height)
    alarms.push_back({AlarmKind::went_back, client.url(),
                      "its final block is " + std::to_string(status->final_height) + ", it was " +
                          std::to_string(node.final_height)});
  node.final_height = std::max(node.final_height, status->final_height);
  // A node that lags behind others is compared once it has come as far.
  if (status->final_height < trust_.head.header.height.value) return directory_.write(trust_);
  auto contained = contains_head(client, alarms);
  if (!contained) return contained.error();
  if (!*contained) return directory_.write(trust_);
  const auto links = client.get_raw("/v1/epochs", Access::open);
  const auto epochs =
      links ? answer_of<std::vector<ledger::EpochLink>>(links)
            : Result<std::vector<ledger::EpochLink>>(make_error(links.error().code, "epochs", links.error().what));
  if (!epochs) {
    alarms.push_back({AlarmKind::bad_answer, client.url(), "its epochs cannot be read: " + epochs.error().text()});
    return directory_.write(trust_);
  }
  while (trust_.head.header.height.value < status->final_height) {
    const auto more = headers(client, trust_.head.header.height.next().value, alarms);
    if (!more || more->empty()) break;
    const auto next = ledger::advance(trust_.head, *more, *epochs);
    if (!next) {
      alarms.push_back({AlarmKind::bad_answer, client.url(), next.error().text()});
      break;
    }
    if (next->header.height == trust_.head.header.height) break;
    trust_.head = *next;
    trust_.moved = now;
  }
  return directory_.write(trust_);
}

}  // namespace tally::cli
