// Purpose: reading input files whole, and writing files that must not replace others.
// Thread rule: blocking calls.
// Errors: io_failed (missing, unreadable), too_large; the field is the path.
#pragma once

#include <string>
#include <vector>

#include "tally/failure.h"
#include "tally/surroundings.h"

namespace tally::cli {

// "-" reads standard input.
Outcome<std::string> read_input(const std::string& path, std::size_t bytes_max, const Surroundings& world);
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

enum class Privacy { shared, secret };  // mode 0644, 0600
// Refuses to overwrite: exit 2, names the file.
Outcome<void> write_new_file(const std::string& path, std::string_view text, Privacy privacy);

// "~/x" becomes $HOME/x; a relative path is taken from `base` unless that is empty.
std::string resolve_path(const std::string& path, const std::string& base, const Surroundings& world);

}  // namespace tally::cli
