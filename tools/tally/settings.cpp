#include "tally/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <toml++/toml.h>

#include "common/limits.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

constexpr std::array kSpecs = {
    SettingSpec{"profile", "", "NAME", "Settings of the configuration file to use"},
    SettingSpec{"node", "http://127.0.0.1:8080", "URL", "HTTP address of the node"},
    SettingSpec{"chain", "", "HEX", "Chain id that is expected; another chain is refused"},
    SettingSpec{"key", "", "FILE", "Key file to sign with", true},
    SettingSpec{"passphrase_file", "", "FILE", "File whose first line unlocks the key", true},
    SettingSpec{"output", "table", "FORMAT", "table, json or csv"},
};

const SettingSpec* spec_of(std::string_view name) {
  for (const auto& spec : kSpecs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

struct FileSettings {
  std::map<std::string, std::string> top;
  std::map<std::string, std::map<std::string, std::string>> profiles;
};

Failure config_failure(const std::string& file, const toml::source_region& where, const std::string& key,
                       std::string problem, std::string expected) {
  return Failure(
      make_error(ErrorCode::config_invalid,
                 file + ", line " + std::to_string(where.begin.line) + ", column " + std::to_string(where.begin.column),
                 key + " " + std::move(problem), std::move(expected)));
}

// The profile is chosen by another word in the file, where "profile" is the table of all profiles.
constexpr std::string_view kDefaultProfile = "default_profile";

const SettingSpec* spec_in_file(std::string_view key, bool top) {
  if (key == "profile") return nullptr;
  if (key == kDefaultProfile) return top ? spec_of("profile") : nullptr;
  return spec_of(key);
}

std::string known_names(bool top) {
  std::string out(top ? kDefaultProfile : "");
  for (const auto& spec : kSpecs) {
    if (spec.name != "profile") out += (out.empty() ? "" : ", ") + std::string(spec.name);
  }
  return out;
}

Outcome<std::map<std::string, std::string>> read_table(const toml::table& table, const std::string& path,
                                                       const std::string& file, const Surroundings& world) {
  std::map<std::string, std::string> out;
  const bool top = path.empty();
  const std::string base = std::filesystem::path(file).parent_path().string();
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (top && name == "profile") continue;
    const SettingSpec* spec = spec_in_file(name, top);
    if (spec == nullptr)
      return config_failure(file, node.source(), path + name, "is not a known setting", "one of " + known_names(top));
    const auto text = node.value_exact<std::string>();
    if (!text) return config_failure(file, node.source(), path + name, "is not text", "a string in quotes");
    out[std::string(spec->name)] = spec->path ? resolve_path(*text, base, world) : *text;
  }
  return out;
}

Outcome<FileSettings> parse_file(const std::string& text, const std::string& file, const Surroundings& world) {
  toml::table document;
  try {
    document = toml::parse(text, file);
  } catch (const toml::parse_error& mistake) {
    return config_failure(file, mistake.source(), "the file", "is not TOML: " + std::string(mistake.description()), "");
  }
  FileSettings out;
  auto top = read_table(document, "", file, world);
  if (!top) return top.error();
  out.top = *top;
  const toml::node* profiles = document.get("profile");
  if (profiles == nullptr) return out;
  if (!profiles->is_table())
    return config_failure(file, profiles->source(), "profile", "is not a table",
                          "default_profile to choose one, [profile.NAME] to describe one");
  for (const auto& [name, node] : *profiles->as_table()) {
    const std::string path = "profile." + std::string(name.str());
    if (!node.is_table())
      return config_failure(file, node.source(), path, "is not a table", "[" + path + "] with settings below it");
    auto settings = read_table(*node.as_table(), path + ".", file, world);
    if (!settings) return settings.error();
    out.profiles[std::string(name.str())] = *settings;
  }
  return out;
}

std::string config_path(const Surroundings& world) {
  if (const auto named = world.environment("TALLY_CONFIG"); named && !named->empty()) return *named;
  if (const auto base = world.environment("XDG_CONFIG_HOME"); base && !base->empty())
    return *base + "/tally/config.toml";
  return world.environment("HOME").value_or(".") + "/.config/tally/config.toml";
}

}  // namespace

std::string_view name_of(Origin origin) {
  static constexpr std::array<std::string_view, 5> kNames = {"built-in", "file", "profile", "environment", "flag"};
  return kNames[static_cast<std::size_t>(origin)];
}

std::span<const SettingSpec> setting_specs() {
  return kSpecs;
}

std::string flag_of(std::string_view name) {
  std::string out = "--" + std::string(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string variable_of(std::string_view name) {
  std::string out = "TALLY_";
  for (const char c : name)
    out.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return out;
}

const Setting& Settings::get(std::string_view name) const {
  static const Setting kUnset;
  const auto found = settings_.find(name);
  return found == settings_.end() ? kUnset : found->second;
}

Outcome<Settings> Settings::resolve(const std::map<std::string, std::string>& flags, const Surroundings& world) {
  Settings out;
  out.file_ = config_path(world);
  FileSettings in_file;
  std::error_code ignored;
  out.file_found_ = std::filesystem::exists(out.file_, ignored);
  const auto named = world.environment("TALLY_CONFIG");
  if (out.file_found_ || (named && !named->empty())) {
    auto text = read_text_file(out.file_, limits::kConfigBytesMax);
    if (!text) return Failure(text.error()).then("correct TALLY_CONFIG, or unset it");
    auto parsed = parse_file(*text, out.file_, world);
    if (!parsed) return parsed.error();
    in_file = std::move(*parsed);
  }
  for (const auto& [name, settings] : in_file.profiles) out.profiles_.push_back(name);

  const auto choose = [&](const SettingSpec& spec, const std::map<std::string, std::string>* profile,
                          const std::string& profile_name) {
    const std::string name(spec.name);
    Setting setting{std::string(spec.built_in), Origin::built_in, ""};
    if (const auto found = in_file.top.find(name); found != in_file.top.end())
      setting = {found->second, Origin::file, out.file_};
    if (profile != nullptr) {
      if (const auto found = profile->find(name); found != profile->end())
        setting = {found->second, Origin::profile, out.file_ + " [profile." + profile_name + "]"};
    }
    if (const auto value = world.environment(variable_of(name)); value && !value->empty())
      setting = {*value, Origin::environment, variable_of(name)};
    if (const auto found = flags.find(name); found != flags.end())
      setting = {found->second, Origin::flag, flag_of(name)};
    out.settings_[name] = setting;
  };
  choose(*spec_of("profile"), nullptr, "");
  const std::string chosen = out.value("profile");
  const std::map<std::string, std::string>* profile = nullptr;
  if (!chosen.empty()) {
    const auto found = in_file.profiles.find(chosen);
    if (found == in_file.profiles.end()) {
      std::string names;
      for (const auto& name : out.profiles_) names += (names.empty() ? "" : ", ") + name;
      return usage_failure("profile", "is \"" + chosen + "\" (from " + out.get("profile").where + ")",
                           names.empty() ? "no profile: " + out.file_ + " describes none" : "one of " + names);
    }
    profile = &found->second;
  }
  for (const auto& spec : kSpecs) {
    if (spec.name != "profile") choose(spec, profile, chosen);
  }
  const Setting& output = out.get("output");
  if (output.value != "table" && output.value != "json" && output.value != "csv")
    return usage_failure(output.where, "is \"" + output.value + "\"", "table, json or csv");
  return out;
}

}  // namespace tally::cli
