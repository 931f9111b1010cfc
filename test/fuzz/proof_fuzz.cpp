// Any bytes as a proof file: decoding ends, what is accepted is canonical, and nothing passes against a genesis that
// never certified anything. The file's own digest is made right again, so that it does not guard what lies behind it;
// and a whole document is altered byte by byte, since bytes by chance are seldom one.
#include <algorithm>

#include "crypto/digest.h"
#include "fuzz_support.h"
#include "ledger/proof_file.h"

namespace {

using namespace tally;
using tally::fuzz::require;

ledger::Genesis genesis() {
  ledger::Genesis out;
  out.name = "fuzz";
  out.purpose = ledger::Purpose::development;
  out.window = 32;
  out.validators = {{"office", crypto::SecretKey::from_seed({}).public_key()}};
  return out;
}

struct Target {
  ledger::Genesis genesis = ::genesis();
  Bytes state;  // proof files whose parts are all there and prove nothing
  Bytes receipt;

  Target() {
    crypto::initialise();
    ledger::ProofDocument document;
    document.chain = ledger::chain_id(genesis);
    document.header.height = BlockHeight{2};
    document.header.parent.bytes[0] = 1;
    document.later.push_back(document.header);
    document.epochs.emplace_back(ledger::EpochEnd{});
    document.certificate.vote.height = BlockHeight{2};
    document.certificate.signatures.emplace_back();
    ledger::StateContent content;
    content.question = {1, 2, 3};
    content.pairs.push_back({Bytes{7}, Bytes{8}, {}});
    content.history = ledger::HistoryTail{1, {}, {Bytes{9}}};
    document.content = content;
    state = ledger::encode_proof_file(document);
    ledger::ReceiptContent of_receipt;
    of_receipt.receipt.results.emplace_back();
    of_receipt.path.index = 1;
    of_receipt.transaction.emplace();
    of_receipt.transaction_path.emplace();
    document.content = of_receipt;
    document.epochs.clear();
    document.later.clear();
    document.certificate.vote = {document.header.epoch, document.header.height, ledger::digest_of(document.header)};
    receipt = ledger::encode_proof_file(document);
    // It lacks nothing but a signature.
    const auto verified = ledger::verify_proof(document, genesis, nullptr);
    require(!verified && verified.error().code == ErrorCode::bad_certificate, "the proof that is altered is whole");
  }
};

void look(const Target& target, ByteView file) {
  const auto document = ledger::decode_proof_file(file);
  if (!document) {
    require(!document.error().text().empty(), "a refusal says why");
    return;
  }
  const Bytes again = ledger::encode_proof_file(*document);
  require(std::equal(again.begin(), again.end(), file.begin(), file.end()), "an accepted file is canonical");
  const auto verified = ledger::verify_proof(*document, target.genesis, [](ByteView, ByteView value) {
    return std::optional(ledger::HistoryClaim{Bytes(value.begin(), value.end()), value.size(), Digest{}});
  });
  require(!verified.has_value(), "nothing is proved without the validators' signatures");
  require(!verified.error().text().empty(), "a refusal says why");
}

// With the magic, the version and the digest in place.
void look_inside(const Target& target, Bytes file) {
  const auto body = std::min(file.size(), std::size_t{12});
  std::copy_n(target.state.begin(), body, file.begin());
  append(file, crypto::digest(crypto::kProofDomain, file).view());
  look(target, file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target kTarget;
  const ByteView bytes(data, size);
  look(kTarget, bytes);
  Bytes framed(12);
  append(framed, bytes);
  look_inside(kTarget, std::move(framed));
  // Pairs of a place and a byte, over a whole document without its digest; what is left is cut or put at the end.
  for (const Bytes* whole : {&kTarget.state, &kTarget.receipt}) {
    Bytes altered(whole->begin(), whole->end() - static_cast<std::ptrdiff_t>(Digest::kSize));
    std::size_t i = 1;
    for (; i + 2 < std::min<std::size_t>(size, 32); i += 3)
      altered[(data[i] << 8 | data[i + 1]) % altered.size()] = data[i + 2];
    if (size > 0 && data[0] % 4 == 1) altered.resize(altered.size() - std::min(altered.size(), std::size_t{data[0]}));
    if (size > 0 && data[0] % 4 == 2) altered.insert(altered.end(), data, data + size);
    look_inside(kTarget, std::move(altered));
  }
  return 0;
}
