#include <sstream>

#include "tally/commands.h"

namespace tally::cli {

namespace {

// Every command with its words: {"submit award", info}. The root has none.
void gather(const CommandInfo& command, const std::string& words,
            std::vector<std::pair<std::string, const CommandInfo*>>& out) {
  out.emplace_back(words, &command);
  for (const auto& child : command.children)
    gather(*child, words.empty() ? child->name : words + " " + child->name, out);
}

std::vector<std::pair<std::string, const CommandInfo*>> all_commands(const CommandInfo& root) {
  std::vector<std::pair<std::string, const CommandInfo*>> out;
  gather(root, "", out);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string option_words(const CommandInfo& command) {
  std::string out;
  for (const auto& option : command.options) {
    if (option.kind != OptionInfo::Kind::argument) out += (out.empty() ? "" : " ") + option.name;
  }
  return out;
}

std::string child_words(const CommandInfo& command) {
  std::string out;
  for (const auto& child : command.children) out += (out.empty() ? "" : " ") + child->name;
  return out;
}

bool takes_value(const OptionInfo& option) {
  return option.kind == OptionInfo::Kind::value;
}

// Options that take a value, of any command: the word after one is its value, never a command.
std::string value_options(const CommandInfo& root, std::string_view separator) {
  std::vector<std::string> names;
  for (const auto& [words, command] : all_commands(root)) {
    for (const auto& option : command->options) {
      if (takes_value(option) && std::find(names.begin(), names.end(), option.name) == names.end())
        names.push_back(option.name);
    }
  }
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : std::string(separator)) + name;
  return out;
}

std::string bash_script(const CommandInfo& root) {
  std::ostringstream out;
  out << "# bash completion for tally: source <(tally completion bash)\n"
         "_tally() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} at= word skip= words=\n"
         "  local i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    if [[ -n $skip ]]; then skip=; continue; fi\n"
         "    case $word in\n"
         "      "
      << value_options(root, "|")
      << ") skip=1 ;;\n"
         "      -*) ;;\n"
         "      *) case \"${at:+$at }$word\" in\n";
  for (const auto& [words, command] : all_commands(root)) {
    if (!words.empty()) out << "        \"" << words << "\") at=\"" << words << "\" ;;\n";
  }
  out << "      esac ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n";
  for (const auto& [words, command] : all_commands(root)) {
    for (const auto& option : command->options) {
      if (option.choices.empty()) continue;
      const std::string pattern = words.empty() ? "*:" + option.name : "\"" + words + ":" + option.name + "\"";
      out << "    " << pattern << ") COMPREPLY=($(compgen -W \"" << joined(option.choices)
          << "\" -- \"$current\")); return ;;\n";
    }
  }
  out << "  esac\n"
         "  if [[ -n $skip ]]; then COMPREPLY=($(compgen -f -- \"$current\")); return; fi\n"
         "  case $at in\n";
  for (const auto& [words, command] : all_commands(root)) {
    out << "    \"" << words << "\") words=\"" << child_words(*command) << (command->children.empty() ? "" : " ")
        << option_words(*command) << "\" ;;\n";
  }
  out << "  esac\n"
         "  [[ $current == -* ]] && words+=\" "
      << option_words(root)
      << " --help\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "}\n"
         "complete -F _tally tally\n";
  return out.str();
}

// In single quotes of zsh and fish; the texts hold no backslashes.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

// zsh takes a colon and brackets in a description for syntax.
std::string zsh_entry(const std::string& name, const std::string& summary) {
  return quoted(name + ":" + summary);
}

std::string zsh_script(const CommandInfo& root) {
  std::ostringstream out;
  out << "#compdef tally\n"
         "# zsh completion for tally: tally completion zsh > \"${fpath[1]}/_tally\"\n"
         "_tally() {\n"
         "  local at= word skip= i\n"
         "  local -a entries\n"
         "  for ((i = 2; i < CURRENT; ++i)); do\n"
         "    word=${words[i]}\n"
         "    if [[ -n $skip ]]; then skip=; continue; fi\n"
         "    case $word in\n"
         "      "
      << value_options(root, "|")
      << ") skip=1 ;;\n"
         "      -*) ;;\n"
         "      *) case \"${at:+$at }$word\" in\n";
  for (const auto& [words, command] : all_commands(root)) {
    if (!words.empty()) out << "        \"" << words << "\") at=\"" << words << "\" ;;\n";
  }
  out << "      esac ;;\n"
         "    esac\n"
         "  done\n"
         "  if [[ -n $skip ]]; then\n"
         "    case \"$at:${words[CURRENT-1]}\" in\n";
  for (const auto& [words, command] : all_commands(root)) {
    for (const auto& option : command->options) {
      if (option.choices.empty()) continue;
      const std::string pattern = words.empty() ? "*:" + option.name : "\"" + words + ":" + option.name + "\"";
      out << "      " << pattern << ") compadd " << joined(option.choices) << "; return ;;\n";
    }
  }
  out << "    esac\n"
         "    _files\n"
         "    return\n"
         "  fi\n"
         "  case $at in\n";
  for (const auto& [words, command] : all_commands(root)) {
    out << "    \"" << words << "\") entries=(";
    for (const auto& child : command->children) out << "\n      " << zsh_entry(child->name, child->summary);
    for (const auto& option : command->options) {
      if (option.kind != OptionInfo::Kind::argument) out << "\n      " << zsh_entry(option.name, option.help);
    }
    out << ") ;;\n";
  }
  out << "  esac\n"
         "  _describe command entries\n"
         "  _files\n"
         "}\n"
         "_tally \"$@\"\n";
  return out.str();
}

std::string fish_script(const CommandInfo& root) {
  std::ostringstream out;
  out << "# fish completion for tally: tally completion fish > ~/.config/fish/completions/tally.fish\n"
         "# Succeeds if the words typed so far lead to exactly this command.\n"
         "function __tally_at\n"
         "  set -l at\n"
         "  set -l skip 0\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    if test $skip = 1\n"
         "      set skip 0\n"
         "      continue\n"
         "    end\n"
         "    switch $word\n"
         "      case "
      << value_options(root, " ")
      << "\n"
         "        set skip 1\n"
         "      case '-*'\n"
         "      case '*'\n"
         "        switch (string join ' ' -- $at $word)\n";
  for (const auto& [words, command] : all_commands(root)) {
    if (!words.empty()) out << "          case " << quoted(words) << "\n            set at $at $word\n";
  }
  out << "        end\n"
         "    end\n"
         "  end\n"
         "  test (string join ' ' -- $at) = \"$argv\"\n"
         "end\n";
  for (const auto& [words, command] : all_commands(root)) {
    const std::string at = words.empty() ? "" : " -n " + quoted("__tally_at " + words);
    const std::string children_at = " -n " + quoted("__tally_at " + words);
    for (const auto& child : command->children)
      out << "complete -c tally" << children_at << " -f -a " << child->name << " -d " << quoted(child->summary) << '\n';
    for (const auto& option : command->options) {
      if (option.kind == OptionInfo::Kind::argument) continue;
      out << "complete -c tally" << at << " -l " << option.name.substr(2);
      if (takes_value(option)) out << " -r";
      if (!option.choices.empty()) out << " -f -a " << quoted(joined(option.choices));
      out << " -d " << quoted(option.help) << '\n';
    }
  }
  return out.str();
}

}  // namespace

void register_completion(Program& program) {
  Command group = program.root().group("completion", "Completion scripts for shells");
  using Writer = std::string (*)(const CommandInfo&);
  const auto add = [&](const std::string& shell, Writer write, const std::string& example) {
    group.command(shell, "Print the completion script for " + shell, {example},
                  [&program, write](Context& context) -> Outcome<void> {
                    context.emit_text(write(program.tree()));
                    return {};
                  });
  };
  add("bash", bash_script, "source <(tally completion bash)");
  add("zsh", zsh_script, "tally completion zsh > \"${fpath[1]}/_tally\"");
  add("fish", fish_script, "tally completion fish > ~/.config/fish/completions/tally.fish");
}

}  // namespace tally::cli
