#include "crypto/key_file.h"

#include <boost/describe/class.hpp>
#include <new>
#include <sodium.h>

#include "common/json.h"
#include "common/limits.h"
#include "crypto/digest.h"
#include "crypto/private_file.h"

namespace tally::crypto {

namespace key_file_detail {

// What stands in the file. The memory cost is in KiB, as RFC 9106 counts it.
struct Derivation {
  std::string name;
  std::uint32_t passes = 0;
  std::uint32_t memory_kib = 0;
  FixedBytes<struct SaltTag, crypto_pwhash_SALTBYTES> salt;
};
BOOST_DESCRIBE_STRUCT(Derivation, (), (name, passes, memory_kib, salt))

struct Seal {
  std::string name;
  FixedBytes<struct NonceTag, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> nonce;
  FixedBytes<struct SealedTag, kSeedBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES> sealed;
};
BOOST_DESCRIBE_STRUCT(Seal, (), (name, nonce, sealed))

struct KeyDocument {
  std::string format;
  std::string label;
  PublicKey public_key;
  Derivation derivation;
  Seal cipher;
};
BOOST_DESCRIBE_STRUCT(KeyDocument, (), (format, label, public_key, derivation, cipher))

}  // namespace key_file_detail

namespace {

using key_file_detail::KeyDocument;

constexpr std::string_view kFormat = "tally-key-1";
constexpr std::string_view kDerivationName = "argon2id13";
constexpr std::string_view kCipherName = "xchacha20poly1305-ietf";
constexpr std::size_t kKeyFileBytesMax = 16 * limits::kKiB;

// A file may name other costs than ours, within what neither gives the key away nor exhausts the machine.
constexpr std::uint32_t kPassesMin = 1;
constexpr std::uint32_t kPassesMax = 16;
constexpr std::uint32_t kMemoryKibMin = 8 * 1024;
constexpr std::uint32_t kMemoryKibMax = 1024 * 1024;
constexpr std::uint32_t kStrongPasses = 3;
constexpr std::uint32_t kStrongMemoryKib = 256 * 1024;
static_assert(kPassesMin <= kStrongPasses && kStrongPasses <= kPassesMax);
static_assert(kMemoryKibMin <= kStrongMemoryKib && kStrongMemoryKib <= kMemoryKibMax);
static_assert(kPassesMin >= crypto_pwhash_argon2id_OPSLIMIT_MIN);
static_assert(kSeedBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

// 32 secret bytes in locked memory, wiped on release.
struct Release {
  void operator()(Seed* secret) const { sodium_free(secret); }
};
using LockedSecret = std::unique_ptr<Seed, Release>;
LockedSecret make_locked_secret() {
  void* memory = sodium_malloc(sizeof(Seed));
  if (memory == nullptr) throw std::bad_alloc();
  return LockedSecret(new (memory) Seed{});
}

Error in_file(Error error, const std::filesystem::path& path) {
  error.problem += " in key file " + path.string();
  return error;
}

// What the seal vouches for besides the seed.
Bytes associated_data(const KeyDocument& document) {
  Bytes out;
  for (const ByteView part : {as_bytes(document.format), document.public_key.view(), as_bytes(document.label)})
    append(out, part);
  return out;
}

Result<LockedSecret> derive(const KeyDocument& document, std::string_view passphrase) {
  LockedSecret key = make_locked_secret();
  const auto& cost = document.derivation;
  if (crypto_pwhash_argon2id(key->data(), key->size(), passphrase.data(), passphrase.size(), cost.salt.bytes.data(),
                             cost.passes, std::size_t{cost.memory_kib} * limits::kKiB,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    return make_error(ErrorCode::io_failed, "", "the key cannot be derived from the passphrase: out of memory",
                      std::to_string(cost.memory_kib / 1024) + " MiB of free memory");
  return key;
}

Status check_name(std::string_view field, const std::string& value, std::string_view expected) {
  if (value == expected) return {};
  return make_error(ErrorCode::invalid_field, std::string(field), "is " + Json(value).dump(),
                    "\"" + std::string(expected) + "\"");
}

Status check_range(std::string_view field, std::uint32_t value, std::uint32_t min, std::uint32_t max) {
  if (min <= value && value <= max) return {};
  return make_error(ErrorCode::invalid_field, std::string(field), "is " + std::to_string(value),
                    std::to_string(min) + " to " + std::to_string(max));
}

Status check_label(std::string_view label) {
  if (!codec_detail::valid_utf8(as_bytes(label)))
    return make_error(ErrorCode::invalid_field, "label", "is not UTF-8", "text in UTF-8");
  if (label.size() > limits::kTextBytesMax)
    return make_error(ErrorCode::too_large, "label", "has " + std::to_string(label.size()) + " bytes",
                      "at most " + std::to_string(limits::kTextBytesMax));
  return {};
}

Status check_document(const KeyDocument& document) {
  const auto& derivation = document.derivation;
  for (const Status& status : {
           check_name("format", document.format, kFormat),
           check_label(document.label),
           check_name("derivation.name", derivation.name, kDerivationName),
           check_range("derivation.passes", derivation.passes, kPassesMin, kPassesMax),
           check_range("derivation.memory_kib", derivation.memory_kib, kMemoryKibMin, kMemoryKibMax),
           check_name("cipher.name", document.cipher.name, kCipherName),
       })
    if (!status) return status;
  if (!valid_public_key(document.public_key))
    return make_error(ErrorCode::invalid_field, "public_key", "is not an Ed25519 public key", "an unaltered key file");
  return {};
}

Result<KeyDocument> read_document(const std::filesystem::path& path) {
  const auto text = read_small_file(path, kKeyFileBytesMax);
  if (!text) return text.error();
  const auto json = parse_json(*text);
  if (!json) return in_file(json.error(), path);
  auto document = from_json<KeyDocument>(*json);
  if (!document) return in_file(document.error(), path);
  if (const Status status = check_document(*document); !status) return in_file(status.error(), path);
  return document;
}

}  // namespace

Status write_key_file(const std::filesystem::path& path, const SecretKey& key, std::string_view passphrase,
                      std::string_view label, KeyCost cost) {
  initialise();
  if (passphrase.empty())
    return make_error(ErrorCode::invalid_field, "passphrase", "is empty", "at least one character");
  if (const Status status = check_label(label); !status) return status;
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored)))
    return write_private_file(path, {});  // its refusal, before the costly derivation

  KeyDocument document;
  document.format = kFormat;
  document.label = label;
  document.public_key = key.public_key();
  document.derivation.name = kDerivationName;
  document.derivation.passes = cost == KeyCost::strong ? kStrongPasses : kPassesMin;
  document.derivation.memory_kib = cost == KeyCost::strong ? kStrongMemoryKib : kMemoryKibMin;
  fill_random(document.derivation.salt.bytes);
  document.cipher.name = kCipherName;
  fill_random(document.cipher.nonce.bytes);

  const auto sealing_key = derive(document, passphrase);
  if (!sealing_key) return sealing_key.error();
  const Bytes associated = associated_data(document);
  crypto_aead_xchacha20poly1305_ietf_encrypt(document.cipher.sealed.bytes.data(), nullptr, key.seed().data(),
                                             key.seed().size(), associated.data(), associated.size(), nullptr,
                                             document.cipher.nonce.bytes.data(), (*sealing_key)->data());
  return write_private_file(path, as_bytes(to_json(document).dump(2) + "\n"));
}

Result<SecretKey> read_key_file(const std::filesystem::path& path, std::string_view passphrase) {
  initialise();
  const auto document = read_document(path);
  if (!document) return document.error();
  const auto sealing_key = derive(*document, passphrase);
  if (!sealing_key) return in_file(sealing_key.error(), path);
  const Bytes associated = associated_data(*document);
  const auto& cipher = document->cipher;
  const LockedSecret seed = make_locked_secret();
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed->data(), nullptr, nullptr, cipher.sealed.bytes.data(),
                                                 cipher.sealed.bytes.size(), associated.data(), associated.size(),
                                                 cipher.nonce.bytes.data(), (*sealing_key)->data()) != 0)
    return make_error(ErrorCode::unauthorised, "passphrase",
                      "does not open key file " + path.string() + ": it is wrong, or the file was altered",
                      "the passphrase given when the key was made, or an unaltered copy of the file");
  SecretKey key = SecretKey::from_seed(*seed);
  if (key.public_key() != document->public_key)
    return in_file(make_error(ErrorCode::invalid_field, "public_key", "does not belong to the sealed private key",
                              "an unaltered key file"),
                   path);
  return key;
}

Result<KeyFileHead> read_key_file_head(const std::filesystem::path& path) {
  initialise();
  auto document = read_document(path);
  if (!document) return document.error();
  return KeyFileHead{std::move(document->label), document->public_key};
}

}  // namespace tally::crypto
