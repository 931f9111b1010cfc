#include "common/codec.h"

namespace tally {

bool Decoder::uleb128(std::uint32_t& out) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    ByteView view;
    if (!raw(1, view)) return false;
    const Byte byte = view[0];
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    if (shift > 0 && byte == 0) return fail("length is not in its shortest form");
    if (number > kSequenceItemsMax) return fail("length is over 2^31 - 1");
    out = static_cast<std::uint32_t>(number);
    return true;
  }
  return fail("length takes more than five bytes");
}

bool Decoder::get_bool(bool& item) {
  ByteView view;
  if (!raw(1, view)) return false;
  if (view[0] > 1) return fail("is " + std::to_string(view[0]), "0 or 1");
  item = view[0] == 1;
  return true;
}

namespace codec_detail {

bool valid_utf8(ByteView bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const Byte lead = bytes[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t follow = 0;
    std::uint32_t point = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
      follow = 1;
      point = lead & 0x1f;
    } else if ((lead & 0xf0) == 0xe0) {
      follow = 2;
      point = lead & 0x0f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      follow = 3;
      point = lead & 0x07;
    } else {
      return false;
    }
    if (follow >= bytes.size() - i) return false;
    for (std::size_t k = 1; k <= follow; ++k) {
      if ((bytes[i + k] & 0xc0) != 0x80) return false;
      point = (point << 6) | (bytes[i + k] & 0x3f);
    }
    const bool overlong = (follow == 2 && point < 0x800) || (follow == 3 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (overlong || surrogate || point > 0x10ffff) return false;
    i += follow + 1;
  }
  return true;
}

}  // namespace codec_detail

}  // namespace tally
