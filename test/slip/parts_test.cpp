// A proof in parts, and as text.
#include "slip/parts.h"

#include "slip/paper.h"
#include "slip/reading.h"

namespace tally::test {

namespace {

std::vector<Bytes> parts_of(const Bytes& proof) {
  return slip::split_proof(proof).value();
}

std::string refusal(const std::vector<Bytes>& parts) {
  const auto joined = slip::join_proof(parts);
  REQUIRE_FALSE(joined);
  return joined.error().text();
}

bool says(const std::string& text, const std::string& words) {
  INFO(text);
  CHECK(text.find(words) != text.npos);
  return text.find(words) != text.npos;
}

}  // namespace

TEST_CASE("a proof of any size that fits is split and joined in any order") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{779}, std::size_t{780}, std::size_t{781},
                                 std::size_t{1560}, std::size_t{2341}, slip::kSlipProofBytesMax}) {
    INFO(size);
    const Bytes proof = sample_proof(size);
    auto parts = parts_of(proof);
    CHECK(parts.size() == (size + slip::kPartBytesMax - 1) / slip::kPartBytesMax);
    std::sort(parts.begin(), parts.end());
    do {
      CHECK(slip::join_proof(parts).value() == proof);
    } while (std::next_permutation(parts.begin(), parts.end()));
    parts.push_back(parts.front());
    parts.push_back(Bytes{'h', 't', 't', 'p', ':', '/', '/', 'x', '.', 'y', '/', 'z', '/', '1', '2', '3', '4'});
    CHECK(slip::join_proof(parts).value() == proof);
  }
}

TEST_CASE("what fits no page is not split") {
  CHECK_FALSE(slip::split_proof(Bytes{}));
  const auto split = slip::split_proof(sample_proof(slip::kSlipProofBytesMax + 1));
  REQUIRE_FALSE(split);
  CHECK(split.error().code == ErrorCode::too_large);
}

TEST_CASE("a part that is missing or foreign is named") {
  const auto own = parts_of(sample_proof(2000, 1));
  const auto other = parts_of(sample_proof(2000, 2));
  REQUIRE(own.size() == 3);
  says(refusal({}), "there is no code of a slip in the picture");
  says(refusal({own[0], own[2]}), "code 2 of 3: cannot be read");
  says(refusal({own[0], other[1], own[2]}), "code 2 of 3: is of another slip");
  Bytes changed = own[1];
  changed.back() ^= 1;
  says(refusal({own[0], own[1], changed, own[2]}), "code 2 of 3: is there twice and differs");
  says(refusal({own[0], changed, own[2]}), "their digest is another");
  Bytes later = own[0];
  later[4] = 2;
  says(refusal({later, own[1], own[2]}), "is of version 2");
  Bytes outside = own[0];
  outside[5] = 3;
  says(refusal({outside}), "calls itself code 4 of 3");
}

TEST_CASE("no byte of any part can change unnoticed") {
  const Bytes proof = sample_proof(1700);
  const auto parts = parts_of(proof);
  for (std::size_t part = 0; part < parts.size(); ++part)
    for (std::size_t at = 0; at < parts[part].size(); ++at) {
      auto changed = parts;
      changed[part][at] ^= 0x10;
      const auto joined = slip::join_proof(changed);
      INFO("part " << part << ", byte " << at);
      CHECK_FALSE(joined);
    }
}

TEST_CASE("a proof stands in the middle of a text and is read back from it") {
  const Bytes proof = sample_proof(1200);
  const std::string text = slip::text_page(sample_page(3, Length::usual, true), proof);
  CHECK(slip::form_of(text) == slip::SlipForm::text);
  CHECK(slip::proof_in_text(text).value() == proof);
  std::string mailed;  // with other ends of lines, indented
  for (const char c : text) mailed += c == '\n' ? "\r\n  " : std::string(1, c);
  CHECK(slip::proof_in_text(mailed).value() == proof);
  const auto cut = slip::proof_in_text(text.substr(0, text.size() - 40));
  REQUIRE_FALSE(cut);
  says(cut.error().text(), "has no line that ends it");
  std::string spoiled = text;
  spoiled[spoiled.find("PROOF-----\n") + 20] = 'x';
  says(slip::proof_in_text(spoiled).error().text(), "something else than hexadecimal digits");
}

TEST_CASE("a slip in words reads so") {
  const std::string text = slip::text_page(sample_page(2, Length::usual, false), Bytes{0xab, 0xcd});
  CHECK(text == R"text(Qingzhen village credit
Household credit of the village
TEST CLOCK: worth nothing outside a trial.

account 4f0c1122334455667788990011223344
102.0 points, 4 stars: creditworthy household  ★★★★

certified by: county, town, bank (3/4)
certified by: county, town, bank (3/4)
certified by: county, town, bank (3/4)
certified by: county, town, bank (3/4)
certified by: county, town, bank (3/4)
certified by: county, town, bank (3/4)

The last entries
  2026-03-10  +3.0  -> 102.0  award: QZ7 season contract performed
      proposed by 1f3a77c0, endorsed by 99e0b1d2, block 4711
  2026-03-11  +3.0  -> 102.0  award: QZ7 season contract performed
      proposed by 1f3a77c0, endorsed by 99e0b1d2, block 4712
12 earlier entries are not on this slip

Anybody can check this slip: photograph the codes.

-----BEGIN TALLY PROOF-----
abcd
-----END TALLY PROOF-----
)text");
}

}  // namespace tally::test
