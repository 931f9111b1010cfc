// Purpose: the word that somebody may have meant, for messages about words that nobody knows.
// Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tally {

// The one of `words` that is fewest letters away from `word`: changed, added or left out. Empty if none is near:
// at most two letters, and fewer for short words, which are near to everything.
std::string nearest_word(std::string_view word, std::span<const std::string> words);

}  // namespace tally
