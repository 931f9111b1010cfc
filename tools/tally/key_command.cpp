#include "tally/commands.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

struct KeyOptions {
  std::string file;
  std::string label;
  bool light = false;
};

void emit_key(Context& context, const std::string& file, const crypto::KeyFileHead& head) {
  Report report;
  report.json = {{"file", file}, {"label", head.label}, {"public_key", head.public_key.hex()}};
  report.sections.push_back(
      {"", Facts().add("file", file).add("label", head.label).add("public key", head.public_key.hex()).table()});
  context.emit(report);
}

Outcome<void> new_key(Context& context, const KeyOptions& options) {
  auto passphrase = new_passphrase(context, options.file);
  if (!passphrase) return passphrase.error();
  const auto key = crypto::SecretKey::generate();
  const auto cost = options.light ? crypto::KeyCost::light : crypto::KeyCost::strong;
  if (auto written = crypto::write_key_file(options.file, key, *passphrase, options.label, cost); !written) {
    return Failure(ExitCode::usage, written.error())
        .during("the key file was not written")
        .then("choose a new name: a key file is never replaced");
  }
  emit_key(context, options.file, {options.label, key.public_key()});
  context.note("Keep a copy of the file and of its passphrase apart from each other: nobody can restore either.");
  return {};
}

Outcome<void> show_key(Context& context, const KeyOptions& options) {
  auto head = crypto::read_key_file_head(options.file);
  if (!head) return Failure(head.error()).during("the key file " + options.file + " cannot be used");
  emit_key(context, options.file, *head);
  return {};
}

}  // namespace

void register_key(Program& program) {
  auto options = std::make_shared<KeyOptions>();
  Command key = program.root().group("key", "Key files: an Ed25519 key each, sealed under a passphrase");
  key.command("new", "Make a key file",
              {"tally key new accountant.json --label \"accountant of Ludishao\"",
               "tally key new node.json --passphrase-file node.pass"},
              [options](Context& context) { return new_key(context, *options); })
      .argument("FILE", options->file, "Where to write it; an existing file is never replaced")
      .text("--label", "TEXT", options->label, "What the key is for; stands in the file in the clear")
      .flag("--light", options->light, "Cheap sealing, only for random passphrases of test networks");
  key.command("show", "Print public key and label of a key file, without its passphrase",
              {"tally key show accountant.json", "tally key show accountant.json --json"},
              [options](Context& context) { return show_key(context, *options); })
      .argument("FILE", options->file, "The key file");
}

}  // namespace tally::cli
