#include "tally/secrets.h"

#include <filesystem>

#include "tally/files.h"

namespace tally::cli {

namespace {

constexpr std::size_t kPassphraseBytesMax = 4096;

Failure unauthorised(std::string field, std::string problem, std::string expected) {
  return Failure(make_error(ErrorCode::unauthorised, std::move(field), std::move(problem), std::move(expected)));
}

Outcome<std::string> ask(Context& context, const std::string& prompt) {
  auto line = context.world().ask_secret(prompt);
  if (!line) return Failure(line.error());
  return std::move(*line);
}

}  // namespace

Outcome<std::string> read_passphrase_file(const std::string& path) {
  auto text = read_text_file(path, kPassphraseBytesMax);
  if (!text) return Failure(text.error());
  using std::filesystem::perms;
  std::error_code failed;
  const perms allowed = std::filesystem::status(path, failed).permissions();
  if (!failed && (allowed & (perms::group_read | perms::others_read)) != perms::none)
    return unauthorised(path, "can be read by other users", "mode 0600").then("chmod 600 " + path);
  std::string line = text->substr(0, text->find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return input_failure(path, "has an empty first line", "a passphrase in its first line");
  return line;
}

Outcome<std::string> passphrase_for(Context& context, const std::string& what) {
  const std::string& file = context.settings().value("passphrase_file");
  if (!file.empty()) return read_passphrase_file(file);
  return ask(context, "Passphrase of " + what + ": ");
}

Outcome<std::string> new_passphrase(Context& context, const std::string& what) {
  const std::string& file = context.settings().value("passphrase_file");
  if (!file.empty()) return read_passphrase_file(file);
  auto first = ask(context, "New passphrase for " + what + ": ");
  if (!first) return first;
  if (first->empty()) return unauthorised("passphrase", "is empty", "at least one character");
  auto again = ask(context, "The same again: ");
  if (!again) return again;
  if (*first != *again) return unauthorised("passphrase", "differs the second time", "the same text twice");
  return first;
}

Outcome<crypto::SecretKey> open_key(Context& context, const std::string& path, const std::string& passphrase_file) {
  // Before a passphrase is asked for: whether there is a key file at all.
  if (auto head = crypto::read_key_file_head(path); !head)
    return Failure(head.error())
        .during("the key file " + path + " cannot be used")
        .then("tally key new " + path + " makes one");
  auto passphrase = passphrase_file.empty() ? passphrase_for(context, path) : read_passphrase_file(passphrase_file);
  if (!passphrase) return passphrase.error();
  auto key = crypto::read_key_file(path, *passphrase);
  if (!key) return Failure(key.error()).during("the key file " + path + " was not unlocked");
  return std::move(*key);
}

Outcome<crypto::SecretKey> signing_key(Context& context, const std::string& needed_for) {
  const std::string& path = context.settings().value("key");
  if (path.empty())
    return usage_failure("", needed_for + " needs a key",
                         "--key FILE, TALLY_KEY or key in " + context.settings().file())
        .then("tally key new FILE makes one");
  return open_key(context, path, "");
}

Outcome<PublicKey> public_key_of(const std::string& text, const std::string& field) {
  if (const auto key = PublicKey::from_hex(text)) {
    if (!crypto::valid_public_key(*key))
      return usage_failure(field, "is " + text + ", which is no public key", "an Ed25519 public key");
    return *key;
  }
  auto head = crypto::read_key_file_head(text);
  if (head) return head->public_key;
  if (head.error().code == ErrorCode::not_found)
    return usage_failure(field, "is \"" + text + "\"", "64 lower-case hexadecimal digits, or the name of a key file");
  return Failure(ExitCode::bad_input, head.error()).during(field + " names a file that is no key file");
}

}  // namespace tally::cli
