// Purpose: passphrases and private keys. A secret comes from a file or from a person at a terminal without echo,
// never from the command line, where other users of the machine would see it.
// Thread rule: one thread.
#pragma once

#include "crypto/key_file.h"
#include "tally/context.h"

namespace tally::cli {

// The first line of a passphrase file. Refuses files that others may read: unauthorised.
Outcome<std::string> read_passphrase_file(const std::string& path);
// From --passphrase-file, else asked for. `what` says what is unlocked.
Outcome<std::string> passphrase_for(Context& context, const std::string& what);
// A new one: from --passphrase-file, else asked for twice. Empty ones are refused.
Outcome<std::string> new_passphrase(Context& context, const std::string& what);

// Opens the key file --key. `needed_for` is part of the message when it is not set.
Outcome<crypto::SecretKey> signing_key(Context& context, const std::string& needed_for);
Outcome<crypto::SecretKey> open_key(Context& context, const std::string& path, const std::string& passphrase_file);

// A public key given as 64 hexadecimal digits or as the name of a key file.
Outcome<PublicKey> public_key_of(const std::string& text, const std::string& field);

}  // namespace tally::cli
