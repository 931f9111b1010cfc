// Purpose: code points as UTF-8.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::cel {

// `point` is a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t point);
// No overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace tally::cel
