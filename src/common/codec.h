// Purpose: canonical bytes. BCS (Binary Canonical Serialization, github.com/diem/bcs) over
// Boost.Describe: a struct that is described once has its codec, field by field in declaration order.
//   integers little-endian, fixed width · bool 0/1 · string, Bytes, vector: ULEB128 length + items
//   optional: 0, or 1 + value · variant and described enum: ULEB128 index · FixedBytes: raw bytes
// Thread rule: pure functions.
// Errors: decode answers invalid_encoding with the path of the field at fault. It refuses trailing bytes,
// lengths beyond what is left, over-long ULEB128, bools other than 0/1, unknown enumerators, non UTF-8 text.
// Invariant: encode(decode(x)) == x. No allocation is larger than the input that is left.
#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/strong.h"

namespace tally {

namespace codec_detail {

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_variant : std::false_type {};
template <class... T>
struct is_variant<std::variant<T...>> : std::true_type {};
template <class T>
struct is_strong : std::false_type {};
template <class Tag, class Rep>
struct is_strong<Strong<Tag, Rep>> : std::true_type {};
template <class T>
struct is_fixed : std::false_type {};
template <class Tag, std::size_t N>
struct is_fixed<FixedBytes<Tag, N>> : std::true_type {};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

// True if bytes are well-formed UTF-8 (RFC 3629).
bool valid_utf8(ByteView bytes);

}  // namespace codec_detail

inline constexpr std::uint32_t kSequenceItemsMax = 0x7fffffff;  // BCS: lengths below 2^31

class Encoder {
 public:
  explicit Encoder(Bytes& out) : out_(out) {}

  void raw(ByteView bytes) { append(out_, bytes); }
  void uleb128(std::uint32_t number) {
    while (number >= 0x80) {
      out_.push_back(static_cast<Byte>(number | 0x80));
      number >>= 7;
    }
    out_.push_back(static_cast<Byte>(number));
  }

  template <class T>
  void put(const T& item) {
    using namespace codec_detail;
    if constexpr (std::same_as<T, bool>) {
      out_.push_back(item ? 1 : 0);
    } else if constexpr (std::integral<T>) {
      put_integer(item);
    } else if constexpr (is_strong<T>::value) {
      put(item.value);
    } else if constexpr (is_fixed<T>::value) {
      raw(item.view());
    } else if constexpr (std::same_as<T, std::string>) {
      uleb128(static_cast<std::uint32_t>(item.size()));
      raw(as_bytes(item));
    } else if constexpr (std::same_as<T, Bytes>) {
      uleb128(static_cast<std::uint32_t>(item.size()));
      raw(item);
    } else if constexpr (is_vector<T>::value) {
      uleb128(static_cast<std::uint32_t>(item.size()));
      for (const auto& element : item) put(element);
    } else if constexpr (is_optional<T>::value) {
      put(item.has_value());
      if (item) put(*item);
    } else if constexpr (is_variant<T>::value) {
      uleb128(static_cast<std::uint32_t>(item.index()));
      std::visit([this](const auto& alternative) { put(alternative); }, item);
    } else if constexpr (DescribedEnum<T>) {
      put_enum(item);
    } else {
      static_assert(DescribedStruct<T>, "type has no canonical encoding: describe it with BOOST_DESCRIBE_STRUCT");
      boost::mp11::mp_for_each<Members<T>>([&](auto member) { put(item.*member.pointer); });
    }
  }

 private:
  template <std::integral T>
  void put_integer(T number) {
    auto bits = static_cast<std::make_unsigned_t<T>>(number);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      out_.push_back(static_cast<Byte>(bits));
      if constexpr (sizeof(T) > 1) bits = static_cast<std::make_unsigned_t<T>>(bits >> 8);
    }
  }
  template <class E>
  void put_enum(E item) {
    std::uint32_t index = 0;
    std::uint32_t found = 0;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
      if (enumerator.value == item) found = index;
      ++index;
    });
    uleb128(found);
  }

  Bytes& out_;
};

class Decoder {
 public:
  explicit Decoder(ByteView in) : in_(in) {}

  [[nodiscard]] std::size_t left() const { return in_.size(); }
  [[nodiscard]] const Error& error() const { return error_; }

  bool fail(std::string problem, std::string expected = {}) {
    error_ = make_error(ErrorCode::invalid_encoding, "", std::move(problem), std::move(expected));
    return false;
  }

  // The next `size` bytes, not copied; valid as long as the input.
  bool raw(std::size_t size, ByteView& out) {
    if (size > in_.size())
      return fail("needs " + std::to_string(size) + " bytes but " + std::to_string(in_.size()) + " are left");
    out = in_.first(size);
    in_ = in_.subspan(size);
    return true;
  }
  bool uleb128(std::uint32_t& out);

  template <class T>
  bool get(T& item) {
    using namespace codec_detail;
    if constexpr (std::same_as<T, bool>) {
      return get_bool(item);
    } else if constexpr (std::integral<T>) {
      return get_integer(item);
    } else if constexpr (is_strong<T>::value) {
      return get(item.value);
    } else if constexpr (is_fixed<T>::value) {
      ByteView view;
      if (!raw(T::kSize, view)) return false;
      std::memcpy(item.bytes.data(), view.data(), T::kSize);
      return true;
    } else if constexpr (std::same_as<T, std::string>) {
      ByteView view;
      if (!sized(view)) return false;
      if (!valid_utf8(view)) return fail("text is not UTF-8");
      item.assign(as_text(view));
      return true;
    } else if constexpr (std::same_as<T, Bytes>) {
      ByteView view;
      if (!sized(view)) return false;
      item.assign(view.begin(), view.end());
      return true;
    } else if constexpr (is_vector<T>::value) {
      return get_vector(item);
    } else if constexpr (is_optional<T>::value) {
      bool present = false;
      if (!get_bool(present)) return false;
      if (!present) {
        item.reset();
        return true;
      }
      return get(item.emplace());
    } else if constexpr (is_variant<T>::value) {
      return get_variant(item);
    } else if constexpr (DescribedEnum<T>) {
      return get_enum(item);
    } else {
      static_assert(DescribedStruct<T>, "type has no canonical encoding: describe it with BOOST_DESCRIBE_STRUCT");
      bool good = true;
      boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        if (!good) return;
        good = get(item.*member.pointer);
        if (!good) error_ = std::move(error_).within(member.name);
      });
      return good;
    }
  }

 private:
  bool get_bool(bool& item);
  bool sized(ByteView& view) {
    std::uint32_t size = 0;
    return uleb128(size) && raw(size, view);
  }

  template <std::integral T>
  bool get_integer(T& item) {
    ByteView view;
    if (!raw(sizeof(T), view)) return false;
    std::make_unsigned_t<T> bits = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
      bits = static_cast<std::make_unsigned_t<T>>((sizeof(T) > 1 ? bits << 8 : 0) | view[i]);
    item = static_cast<T>(bits);
    return true;
  }
  template <class T>
  bool get_vector(std::vector<T>& items) {
    std::uint32_t count = 0;
    if (!uleb128(count)) return false;
    // Every encodable item takes at least a byte, so a lying count cannot make us allocate.
    if (count > left())
      return fail("counts " + std::to_string(count) + " items but " + std::to_string(left()) + " bytes are left");
    items.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!get(items.emplace_back())) {
        error_ = std::move(error_).within("[" + std::to_string(i) + "]");
        return false;
      }
    }
    return true;
  }
  template <class... T>
  bool get_variant(std::variant<T...>& item) {
    std::uint32_t index = 0;
    if (!uleb128(index)) return false;
    if (index >= sizeof...(T))
      return fail("has kind " + std::to_string(index), "a kind below " + std::to_string(sizeof...(T)));
    return boost::mp11::mp_with_index<sizeof...(T)>(
        index, [&](auto chosen) { return get(item.template emplace<chosen.value>()); });
  }
  template <class E>
  bool get_enum(E& item) {
    std::uint32_t index = 0;
    if (!uleb128(index)) return false;
    std::uint32_t count = 0;
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
      if (count++ == index) {
        item = enumerator.value;
        found = true;
      }
    });
    return found || fail("has value " + std::to_string(index), "a value below " + std::to_string(count));
  }

  ByteView in_;
  Error error_;
};

template <class T>
void encode_into(Bytes& out, const T& item) {
  Encoder{out}.put(item);
}

template <class T>
[[nodiscard]] Bytes encode(const T& item) {
  Bytes out;
  encode_into(out, item);
  return out;
}

// Decodes the whole of `in`; trailing bytes are an error.
template <class T>
[[nodiscard]] Result<T> decode(ByteView in) {
  Decoder decoder(in);
  T item{};
  if (!decoder.get(item)) return decoder.error();
  if (decoder.left() != 0)
    return make_error(ErrorCode::invalid_encoding, "", std::to_string(decoder.left()) + " bytes follow the end");
  return item;
}

}  // namespace tally
