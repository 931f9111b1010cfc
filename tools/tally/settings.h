// Purpose: the settings that every command shares, and where each came from.
// Precedence: flag, environment (TALLY_*), profile, file; then the built-in value.
// The file is $TALLY_CONFIG, else $XDG_CONFIG_HOME/tally/config.toml, else ~/.config/tally/config.toml:
//   node = "http://127.0.0.1:8080"     # settings at the top hold for every profile
//   default_profile = "village"        # used unless --profile or TALLY_PROFILE names another
//   [profile.village]
//   key = "~/keys/accountant.json"     # paths are relative to the file
// Thread rule: plain values.
// Errors: config_invalid with file, line, column and key; unknown keys are refused.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tally/failure.h"
#include "tally/surroundings.h"

namespace tally::cli {

enum class Origin { built_in, file, profile, environment, flag };
std::string_view name_of(Origin origin);

struct Setting {
  std::string value;  // empty: not set
  Origin origin = Origin::built_in;
  std::string where;  // "--node", "TALLY_NODE", "config.toml [profile.village]"
};

struct SettingSpec {
  std::string_view name;      // in the file; "--" + name with dashes is the flag
  std::string_view built_in;  // empty: none
  std::string_view metavar;
  std::string_view help;
  bool path = false;
};
std::span<const SettingSpec> setting_specs();
std::string flag_of(std::string_view name);      // "passphrase_file" -> "--passphrase-file"
std::string variable_of(std::string_view name);  // "passphrase_file" -> "TALLY_PASSPHRASE_FILE"

class Settings {
 public:
  // `flags`: what stood on the command line, by setting name.
  static Outcome<Settings> resolve(const std::map<std::string, std::string>& flags, const Surroundings& world);

  [[nodiscard]] const Setting& get(std::string_view name) const;
  [[nodiscard]] const std::string& value(std::string_view name) const { return get(name).value; }
  // The configuration file that was looked for, and whether it was there.
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool file_found() const { return file_found_; }
  [[nodiscard]] const std::vector<std::string>& profiles() const { return profiles_; }

 private:
  std::map<std::string, Setting, std::less<>> settings_;
  std::string file_;
  bool file_found_ = false;
  std::vector<std::string> profiles_;
};

}  // namespace tally::cli
