#include "crypto/many_digests.h"

#include "common/invariant.h"

#if defined(__x86_64__)
#define TALLY_WIDE_DIGESTS 1
#endif

namespace tally::crypto {

namespace {

#ifdef TALLY_WIDE_DIGESTS

using Word = std::uint64_t;
constexpr std::size_t kBlockBytes = 128;
constexpr std::size_t kBlockWords = 16;
constexpr std::size_t kStateWords = 8;
constexpr std::size_t kLanesMax = 8;
// Fewer messages than this are hashed faster one by one.
constexpr std::size_t kLanesWorthwhile = 3;

// RFC 7693, sections 2.6 and 2.7.
constexpr std::array<Word, kStateWords> kStart{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                               0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                               0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr Byte kSchedule[10][kBlockWords] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

// A message in two parts of which the second follows the first.
struct Message {
  ByteView first;
  ByteView second;
  [[nodiscard]] std::size_t size() const { return first.size() + second.size(); }
};
struct Work {
  std::array<Message, kLanesMax> in;
  std::array<Digest, kLanesMax> out;
};

// The state before the first block: digests of 32 bytes, no key, no salt, the tag as personalisation (section 2.5).
std::array<Word, kStateWords> start_of(const Domain& domain) {
  std::array<Word, kStateWords> out = kStart;
  out[0] ^= 0x01010000 ^ Digest::kSize;
  std::array<Word, 2> tag{};
  std::memcpy(tag.data(), domain.tag.data(), sizeof tag);
  out[6] ^= tag[0];
  out[7] ^= tag[1];
  return out;
}

// Bytes [from, from + 128) of the message, zero beyond its end.
inline void copy_block(const Message& message, std::size_t from, std::array<Word, kBlockWords>& block) {
  // Whole blocks, and pairs of digests, are copied in lengths that the compiler knows.
  if (from + kBlockBytes <= message.first.size()) {
    std::memcpy(block.data(), message.first.data() + from, kBlockBytes);
    return;
  }
  if (from == 0 && message.first.size() == Digest::kSize && message.second.size() == Digest::kSize) {
    std::memcpy(block.data(), message.first.data(), Digest::kSize);
    std::memcpy(block.data() + Digest::kSize / sizeof(Word), message.second.data(), Digest::kSize);
    std::memset(block.data() + 2 * Digest::kSize / sizeof(Word), 0, kBlockBytes - 2 * Digest::kSize);
    return;
  }
  auto* out = reinterpret_cast<Byte*>(block.data());
  std::size_t filled = 0;
  for (const ByteView part : {message.first, message.second}) {
    if (from < part.size()) {
      const std::size_t size = std::min(part.size() - from, kBlockBytes - filled);
      std::memcpy(out + filled, part.data() + from, size);
      filled += size;
      from = 0;
    } else {
      from -= part.size();
    }
    if (filled == kBlockBytes) return;
  }
  std::memset(out + filled, 0, kBlockBytes - filled);
}

// One message in each 64-bit lane of wide words. Everything is inlined into functions that are compiled for one kind
// of processor each, so that no wide word crosses a call.
template <std::size_t kLanes>
struct Wide {
  typedef Word Words __attribute__((vector_size(kLanes * sizeof(Word))));

  [[gnu::always_inline]] static inline void load(Words& out, const Word (&words)[kLanes]) {
    std::memcpy(&out, words, sizeof out);
  }
  template <int kBits>
  [[gnu::always_inline]] static inline void turn(Words& word) {
    word = (word >> kBits) | (word << (64 - kBits));
  }
  [[gnu::always_inline]] static inline void mix(Words& a, Words& b, Words& c, Words& d, const Words& x,
                                                const Words& y) {
    a += b + x;
    d ^= a;
    turn<32>(d);
    c += d;
    b ^= c;
    turn<24>(b);
    a += b + y;
    d ^= a;
    turn<16>(d);
    c += d;
    b ^= c;
    turn<63>(b);
  }
  [[gnu::always_inline]] static inline void rounds(Words (&v)[kBlockWords], const Words (&m)[kBlockWords]) {
#pragma GCC unroll 12
    for (std::size_t round = 0; round < 12; ++round) {
      const Byte* s = kSchedule[round % 10];
      mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
      mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
      mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
      mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
      mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
      mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
      mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
      mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
  }
  // Messages may differ in length: a lane that has ended keeps its state.
  [[gnu::always_inline]] static inline void run(const std::array<Word, kStateWords>& start, Work& work) {
    std::size_t longest = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) longest = std::max(longest, work.in[lane].size());
    Words h[kStateWords];
    for (std::size_t i = 0; i < kStateWords; ++i) h[i] = Words{} + start[i];
    for (std::size_t from = 0; from == 0 || from < longest; from += kBlockBytes) {
      alignas(64) Word block[kBlockWords][kLanes];
      alignas(64) Word counters[kLanes];
      alignas(64) Word finals[kLanes];
      alignas(64) Word goings[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        std::array<Word, kBlockWords> one;
        const std::size_t size = work.in[lane].size();
        copy_block(work.in[lane], std::min(from, size), one);
        for (std::size_t i = 0; i < kBlockWords; ++i) block[i][lane] = one[i];
        const bool last = size <= from + kBlockBytes;
        counters[lane] = last ? size : from + kBlockBytes;
        finals[lane] = last ? ~Word{0} : 0;
        goings[lane] = from == 0 || from < size ? ~Word{0} : 0;
      }
      Words m[kBlockWords];
      for (std::size_t i = 0; i < kBlockWords; ++i) load(m[i], block[i]);
      Words v[kBlockWords];
      for (std::size_t i = 0; i < kStateWords; ++i) {
        v[i] = h[i];
        v[kStateWords + i] = Words{} + kStart[i];
      }
      Words counter;
      load(counter, counters);
      v[12] ^= counter;
      Words final;
      load(final, finals);
      v[14] ^= final;
      rounds(v, m);
      Words going;
      load(going, goings);
      for (std::size_t i = 0; i < kStateWords; ++i) h[i] ^= (v[i] ^ v[kStateWords + i]) & going;
    }
    for (std::size_t i = 0; i < Digest::kSize / sizeof(Word); ++i) {
      alignas(64) Word lanes[kLanes];
      std::memcpy(lanes, &h[i], sizeof lanes);
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        std::memcpy(work.out[lane].bytes.data() + i * sizeof(Word), &lanes[lane], sizeof(Word));
    }
  }
};

using Run = void (*)(const std::array<Word, kStateWords>& start, Work& work);

[[gnu::target("avx512f,avx512vl"), gnu::noinline]] void run_eight(const std::array<Word, kStateWords>& start,
                                                                  Work& work) {
  Wide<8>::run(start, work);
}
[[gnu::target("avx2"), gnu::noinline]] void run_four(const std::array<Word, kStateWords>& start, Work& work) {
  Wide<4>::run(start, work);
}

// What this processor can; no lanes: nothing better than one by one.
struct Machine {
  std::size_t lanes = 0;
  Run run = nullptr;
};
Machine find_machine() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return {8, run_eight};
  if (__builtin_cpu_supports("avx2")) return {4, run_four};
  return {};
}
const Machine& machine() {
  static const Machine found = find_machine();
  return found;
}

// Hashes as many of `count` messages as fill lanes; returns how many. `in` gives a message, `out` takes a digest.
template <class In, class Out>
std::size_t run_wide(const Domain& domain, std::size_t count, const In& in, const Out& out) {
  const Machine& wide = machine();
  if (wide.run == nullptr) return 0;
  const auto start = start_of(domain);
  std::size_t done = 0;
  Work work;
  while (count - done >= kLanesWorthwhile) {
    const std::size_t some = std::min(count - done, wide.lanes);
    for (std::size_t lane = 0; lane < wide.lanes; ++lane) work.in[lane] = in(done + std::min(lane, some - 1));
    wide.run(start, work);
    for (std::size_t lane = 0; lane < some; ++lane) out(done + lane, work.out[lane]);
    done += some;
  }
  return done;
}

#endif

}  // namespace

void digest_pairs(const Domain& domain, std::span<const DigestPair> pairs) {
  std::size_t done = 0;
#ifdef TALLY_WIDE_DIGESTS
  done = run_wide(
      domain, pairs.size(),
      [&](std::size_t i) {
        return Message{pairs[i].left->view(), pairs[i].right->view()};
      },
      [&](std::size_t i, const Digest& digest) { *pairs[i].out = digest; });
#endif
  for (const auto& pair : pairs.subspan(done)) *pair.out = digest(domain, pair.left->view(), pair.right->view());
}

void digest_each(const Domain& domain, std::span<const ByteView> items, std::span<Digest> out) {
  invariant(items.size() == out.size(), "each item has its digest");
  std::size_t done = 0;
#ifdef TALLY_WIDE_DIGESTS
  done = run_wide(
      domain, items.size(),
      [&](std::size_t i) {
        return Message{items[i], {}};
      },
      [&](std::size_t i, const Digest& one) { out[i] = one; });
#endif
  for (; done < items.size(); ++done) out[done] = digest(domain, items[done]);
}

std::vector<Digest> merkle_leaves(std::span<const ByteView> leaves) {
  std::vector<Digest> out(leaves.size());
  digest_each(kMerkleLeafDomain, leaves, out);
  return out;
}

}  // namespace tally::crypto
