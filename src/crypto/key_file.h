// Purpose: private keys at rest. A JSON document with the public key in the clear and the seed sealed by
// XChaCha20-Poly1305 under Argon2id(passphrase). Mode 0600; written to a temporary name, synced, renamed.
// Thread rule: blocking file calls; any thread.
// Errors: not_found, io_failed, too_large, invalid_encoding (not JSON), missing_field, unknown_field and
// invalid_field (which name the field), unauthorised (wrong passphrase). Each names the file.
#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"
#include "crypto/signature.h"

namespace tally::crypto {

// Cost of Argon2id. Strong is for people's keys (3 passes, 256 MiB). Devnets and tests, whose passphrases
// are random and stand in a file beside the key, use the light one (1 pass, 8 MiB).
enum class KeyCost { strong, light };

// Refuses to overwrite an existing file.
Status write_key_file(const std::filesystem::path& path, const SecretKey& key, std::string_view passphrase,
                      std::string_view label, KeyCost cost);
Result<SecretKey> read_key_file(const std::filesystem::path& path, std::string_view passphrase);
// Label and public key, which need no passphrase.
struct KeyFileHead {
  std::string label;
  PublicKey public_key;
};
Result<KeyFileHead> read_key_file_head(const std::filesystem::path& path);

}  // namespace tally::crypto
