// Any bytes as a chunk of the archive or as a chain file: reading ends, with an error or at the end of the file; memory
// follows the bytes that are there; and no chunk is good whose blocks nobody signed. As the proof files', the digest at
// the end is made right again, and a whole chunk is altered byte by byte.
#include <algorithm>
#include <sstream>

#include "crypto/digest.h"
#include "fuzz_support.h"
#include "ledger/chain_file.h"
#include "ledger/chunk_file.h"

namespace {

using namespace tally;
using tally::fuzz::require;

using Record = std::variant<ledger::ChunkHead, ledger::ChunkBlock, ledger::ChunkEnd>;

struct Target {
  ledger::Genesis genesis;
  ChainId chain;
  ledger::ChunkStart start;
  std::unique_ptr<crypto::Verifier> verifier;
  Bytes chunk;  // without the digest at its end

  Target() {
    crypto::initialise();
    genesis.name = "fuzz";
    genesis.purpose = ledger::Purpose::development;
    genesis.window = 32;
    genesis.validators = {{"office", crypto::SecretKey::from_seed({}).public_key()}};
    chain = ledger::chain_id(genesis);
    verifier = crypto::make_verifier(chain);
    ledger::BlockHeader before;
    before.next_validators = ledger::digest_of(ledger::validator_set(genesis));
    start = ledger::chunk_start(genesis, before);
    make_chunk(before);
    check_whole();
  }

 private:
  // It lacks nothing but a signature.
  void check_whole() const {
    Bytes file = chunk;
    append(file, crypto::digest(crypto::kChunkFileDomain, file).view());
    std::istringstream in{std::string(as_text(file))};
    const auto after = ledger::check_chunk(in, chain, start, *verifier);
    require(!after && after.error().code == ErrorCode::bad_certificate, "the chunk that is altered is whole");
  }
  void make_chunk(const ledger::BlockHeader& before) {
    append(chunk, as_bytes(ledger::kChunkFileMagic));
    encode_into(chunk, ledger::kChunkFileVersion);
    add(ledger::ChunkHead{chain, 0, BlockHeight{1}, BlockHeight{2}, true});
    ledger::BlockHeader header = before;
    ledger::ChunkEnd end;
    for (std::uint64_t height = 1; height <= 2; ++height) {
      const Digest parent = ledger::digest_of(header);
      header = before;
      header.height = BlockHeight{height};
      header.parent = parent;
      header.time = TimestampMs{height};
      add(ledger::ChunkBlock{header, {}, {}});
    }
    end.certificate.vote = {header.epoch, header.height, ledger::digest_of(header)};
    end.certificate.signatures.emplace_back();
    add(end);
    chunk.resize(chunk.size() - Digest::kSize);
  }
  void add(const Record& record) {
    const Bytes bytes = encode(record);
    encode_into(chunk, static_cast<std::uint32_t>(bytes.size()));
    append(chunk, bytes);
  }
};

void look(const Target& target, ByteView file) {
  std::istringstream in{std::string(as_text(file))};
  std::size_t blocks = 0;
  const auto after = ledger::check_chunk(in, target.chain, target.start, *target.verifier,
                                         [&](const ledger::ChunkBlock&) { ++blocks; });
  require(!after.has_value(), "no chunk is good without the validators' signatures");
  require(!after.error().text().empty(), "a refusal says why");
  require(blocks <= file.size(), "blocks come from bytes");
}

void look_at_chain_file(ByteView file) {
  std::istringstream in{std::string(as_text(file))};
  auto reader = ledger::ChainFileReader::open(in);
  if (!reader) {
    require(!reader.error().text().empty(), "a refusal says why");
    return;
  }
  for (std::size_t blocks = 0; blocks <= file.size(); ++blocks) {
    const auto block = reader->next();
    if (!block || !*block) return;
  }
  require(false, "blocks come from bytes");
}

// With the digest that its bytes ask for.
void look_closed(const Target& target, Bytes file) {
  append(file, crypto::digest(crypto::kChunkFileDomain, file).view());
  look(target, file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target kTarget;
  const ByteView bytes(data, size);
  look(kTarget, bytes);
  Bytes framed(kTarget.chunk.begin(), kTarget.chunk.begin() + 12);
  append(framed, bytes);
  look_closed(kTarget, std::move(framed));
  // Pairs of a place and a byte; what is left is cut or put at the end.
  Bytes altered = kTarget.chunk;
  for (std::size_t i = 1; i + 2 < std::min<std::size_t>(size, 32); i += 3)
    altered[(data[i] << 8 | data[i + 1]) % altered.size()] = data[i + 2];
  if (size > 0 && data[0] % 4 == 1) altered.resize(altered.size() - std::min(altered.size(), std::size_t{data[0]}));
  if (size > 0 && data[0] % 4 == 2) altered.insert(altered.end(), data, data + size);
  look_closed(kTarget, std::move(altered));
  Bytes file;
  append(file, as_bytes(ledger::kChainFileMagic));
  encode_into(file, ledger::kChainFileVersion);
  append(file, bytes);
  look_at_chain_file(bytes);
  look_at_chain_file(file);
  return 0;
}
