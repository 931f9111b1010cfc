#include <boost/describe/enum_to_string.hpp>
#include <set>

#include "common/limits.h"
#include "common/time.h"
#include "contracts/document_reader.h"
#include "contracts/rulebook_effects.h"
#include "contracts/rulebook_rules.h"
#include "contracts/rulebook_workflows.h"

namespace tally::contracts {

namespace {

constexpr std::uint32_t kVersionMax = 1000000;

std::vector<Benefit> read_benefits(DocumentReader& reader) {
  std::vector<Benefit> out;
  reader.each("benefits", true, [&](DocumentReader& inner) {
    out.push_back({inner.slug("code"), inner.title("title"), inner.decimal("value"), inner.slug("unit")});
  });
  return out;
}

void check_bands(DocumentReader& reader, const Book& book, const Rulebook& rulebook) {
  if (book.bands.empty()) return reader.mistake("bands", "is empty", "at least the band that begins at the floor");
  for (std::size_t i = 1; i < book.bands.size(); ++i) {
    const std::string at = "bands[" + std::to_string(i) + "]";
    const auto& above = book.bands[i - 1];
    if (book.bands[i].from >= above.from)
      reader.mistake(at + ".from", "is " + rulebook.points(book.bands[i].from),
                     "less than the band before it, which begins at " + rulebook.points(above.from));
    if (book.bands[i].stars >= above.stars)
      reader.mistake(at + ".stars", "is " + std::to_string(book.bands[i].stars),
                     "fewer than the band before it, which has " + std::to_string(above.stars));
  }
  if (book.bands.back().from != book.floor)
    reader.mistake("bands[" + std::to_string(book.bands.size() - 1) + "].from",
                   "is " + rulebook.points(book.bands.back().from),
                   "the floor, " + rulebook.points(book.floor) + ", so that every score has a band");
}

void read_book_terms(DocumentReader& reader, Book& book) {
  if (reader.given("lapse_months")) {
    book.lapse_months = static_cast<std::uint32_t>(reader.number("lapse_months", 1, kLapseMonthsMax));
    if (book.purpose != BookPurpose::spendable)
      reader.mistake("lapse_months", "stands in a book of reputation",
                     "purpose spendable, or no term: a reputation is reset or its entries expire");
  }
  for (const auto& [name, period] : {std::pair{"resets", &book.resets}, std::pair{"rated", &book.rated}}) {
    if (!reader.given(name)) continue;
    const auto before = reader.mistakes();
    *period = reader.choice<Period>(name);
    if (reader.mistakes() == before && *period != Period::month && *period != Period::quarter &&
        *period != Period::year)
      reader.mistake(name, std::string("is ") + boost::describe::enum_to_string(**period, "unknown"),
                     "month, quarter or year");
  }
}

Book read_book(DocumentReader& reader, const Rulebook& rulebook) {
  Book book;
  const auto before = reader.mistakes();
  book.code = reader.slug("code");
  book.subject = reader.choice<SubjectKind>("subject");
  if (reader.given("purpose")) book.purpose = reader.choice<BookPurpose>("purpose");
  read_book_terms(reader, book);
  book.start = reader.points("start", rulebook.scale);
  book.floor = reader.points("floor", rulebook.scale);
  book.cap = reader.points("cap", rulebook.scale);
  if (reader.mistakes() == before && (book.floor > book.start || book.start > book.cap))
    reader.mistake("start", "is " + rulebook.points(book.start),
                   "between floor and cap, " + rulebook.points(book.floor) + " and " + rulebook.points(book.cap));
  reader.each("bands", true, [&](DocumentReader& inner) {
    Band band;
    band.from = inner.points("from", rulebook.scale);
    band.stars = static_cast<std::uint32_t>(inner.number("stars", 1, kStarsMax));
    band.title = inner.title("title");
    band.benefits = read_benefits(inner);
    band.provenance = read_provenance(inner);
    book.bands.push_back(std::move(band));
  });
  std::set<std::string> codes;
  reader.each("gates", true, [&](DocumentReader& inner) {
    Gate gate;
    gate.code = inner.slug("code");
    if (!codes.insert(gate.code).second) inner.twice("code", gate.code);
    gate.title = inner.title("title");
    gate.effect = inner.choice<GateEffect>("effect");
    if (inner.given("at_least")) {
      gate.at_least = inner.points("at_least", rulebook.scale);
      gate.below = inner.title("below");
    }
    gate.conditions = read_conditions(inner, rulebook, Scope::subject);
    if (!gate.at_least && gate.conditions.empty())
      inner.mistake("at_least", "is missing", "at_least or conditions", ErrorCode::missing_field);
    if (inner.given("asked_by")) gate.asked_by = inner.roles("asked_by");
    inner.object("grants", false, [&](DocumentReader& grants) {
      gate.grants = read_expression(grants, "amount", rulebook, Scope::subject, cel::TypeKind::decimal);
      gate.grants_unit = grants.slug("unit");
    });
    gate.provenance = read_provenance(inner);
    book.gates.push_back(std::move(gate));
  });
  book.provenance = read_provenance(reader);
  if (reader.mistakes() == before) check_bands(reader, book, rulebook);
  return book;
}

// Boards that others can see show positives only: whom a gate restricts never stands there.
void check_board(DocumentReader& reader, const Rulebook& rulebook, std::uint32_t stars) {
  for (const auto& book : rulebook.books) {
    const auto lowest =
        std::find_if(book.bands.rbegin(), book.bands.rend(), [&](const Band& band) { return band.stars >= stars; });
    if (lowest == book.bands.rend()) continue;
    if (lowest->from == book.floor)
      reader.mistake("stars_at_least", "is " + std::to_string(stars) + ", which takes in the lowest band",
                     "a higher band: a notice board shows positives only");
    for (const auto& gate : book.gates)
      if (gate.effect == GateEffect::restricts && gate.at_least && lowest->from < *gate.at_least)
        reader.mistake("stars_at_least",
                       "is " + std::to_string(stars) + ", which takes in scores that gate " + gate.code + " restricts",
                       "a band from " + rulebook.points(*gate.at_least) + " up: a notice board shows positives only");
  }
}

Approval read_approval(DocumentReader& reader) {
  Approval out;
  if (reader.given("comment_days"))
    out.comment_days = static_cast<std::uint32_t>(reader.number("comment_days", 1, kCommentDaysMax));
  reader.each("terms", false, [&](DocumentReader& inner) {
    ApprovalTerm term;
    term.role = inner.choice<Role>("role");
    if (inner.given("unit_kind")) term.unit_kind = inner.choice<UnitKind>("unit_kind");
    if (inner.given("count")) term.count = static_cast<std::uint32_t>(inner.number("count", 1, kApprovalCountMax));
    if (inner.given("distinct_units")) term.distinct_units = inner.flag("distinct_units");
    out.terms.push_back(term);
  });
  if (out.terms.size() > kApprovalTermsMax)
    reader.mistake("terms", "are " + std::to_string(out.terms.size()), "at most " + std::to_string(kApprovalTermsMax));
  if (!reader.has("terms") && !reader.has("comment_days"))
    reader.mistake("terms", "are missing", "terms, comment_days or both: what is asked for beside the constitution",
                   ErrorCode::missing_field);
  return out;
}

void read_heading(DocumentReader& reader, Rulebook& rulebook) {
  const auto format = reader.text("format");
  if (reader.has("format") && format != kRulebookFormat)
    reader.mistake("format", "is \"" + format + "\"", "\"" + std::string(kRulebookFormat) + "\"");
  rulebook.id = reader.slug("id");
  rulebook.version = static_cast<std::uint32_t>(reader.number("version", 1, kVersionMax));
  rulebook.title = reader.title("title");
  rulebook.scale = static_cast<unsigned>(reader.number("scale", 0, kScaleMax));
  rulebook.effective = reader.time("effective");
  rulebook.legal_basis = reader.texts("legal_basis");
  rulebook.event_span_days = static_cast<std::uint32_t>(reader.number("event_span_days", 1, kEventSpanDaysMax));
  if (reader.given("needs_consent")) rulebook.needs_consent = reader.flag("needs_consent");
  reader.object("approval", false, [&](DocumentReader& inner) { rulebook.approval = read_approval(inner); });
  reader.object("corrections", true, [&](DocumentReader& inner) {
    rulebook.corrections.proposer_roles = inner.roles("proposer_roles");
    rulebook.corrections.endorser_roles = inner.roles("endorser_roles");
    for (const char* name : {"proposer_roles", "endorser_roles"}) {
      const auto& roles = std::string_view(name) == "proposer_roles" ? rulebook.corrections.proposer_roles
                                                                     : rulebook.corrections.endorser_roles;
      if (inner.has(name) && roles.empty())
        inner.mistake(name, "names nobody", "a role: two persons sign a correction");
    }
  });
}

void read_publication(DocumentReader& reader, Rulebook& rulebook) {
  reader.object("credit_village", false, [&](DocumentReader& inner) {
    CreditVillage village;
    village.stars_at_least = static_cast<std::uint32_t>(inner.number("stars_at_least", 1, kStarsMax));
    village.share_percent = static_cast<std::uint32_t>(inner.number("share_percent", 1, 100));
    inner.each("declared", true, [&](DocumentReader& figure) {
      village.declared.push_back(
          {figure.slug("code"), figure.title("title"), figure.decimal("value"), figure.slug("unit")});
    });
    village.provenance = read_provenance(inner);
    rulebook.credit_village = std::move(village);
  });
  reader.object("notice_board", false, [&](DocumentReader& inner) {
    const auto before = inner.mistakes();
    const auto stars = static_cast<std::uint32_t>(inner.number("stars_at_least", 1, kStarsMax));
    rulebook.notice_board = NoticeBoard{stars};
    if (inner.mistakes() == before) check_board(inner, rulebook, stars);
  });
}

// Returns the places of awards that nobody may propose.
std::vector<std::size_t> read_catalogue(DocumentReader& reader, Rulebook& rulebook) {
  // Expressions of a gate may name a book that stands further down.
  for (auto& code : reader.codes_in("books")) rulebook.books.emplace_back().code = std::move(code);
  read_standings(reader, rulebook);
  read_sums(reader, rulebook);
  std::size_t place = 0;
  reader.each("books", true, [&](DocumentReader& inner) {
    Book book = read_book(inner, rulebook);
    if (inner.has("code") && rulebook.book(book.code) != &rulebook.books[place]) inner.twice("code", book.code);
    rulebook.books[place++] = std::move(book);
  });
  if (reader.has("books") && rulebook.books.empty()) reader.mistake("books", "is empty", "at least one book");
  std::vector<std::size_t> unproposed;
  std::set<RuleCode> codes;
  reader.each("rules", true, [&](DocumentReader& inner) {
    Rule rule = read_rule(inner, rulebook);
    if (inner.has("code") && !codes.insert(rule.code).second) inner.twice("code", rule.code);
    if (rule.kind == RuleKind::award && inner.has("proposer_roles") && rule.proposer_roles.empty())
      unproposed.push_back(rulebook.rules.size());
    rulebook.rules.push_back(std::move(rule));
  });
  check_sums(reader, rulebook);
  if (reader.has("rules") && rulebook.rules.empty()) reader.mistake("rules", "is empty", "at least one rule");
  return unproposed;
}

}  // namespace

CompiledRulebook compile_rulebook(std::string_view document) {
  CompiledRulebook out;
  if (document.size() > limits::kRulebookBytesMax) {
    out.problems.push_back(make_error(ErrorCode::too_large, "document",
                                      "has " + std::to_string(document.size()) + " bytes",
                                      "at most " + std::to_string(limits::kRulebookBytesMax)));
    return out;
  }
  const auto json = parse_json(document);
  if (!json) {
    out.problems.push_back(json.error());
    return out;
  }
  auto rulebook = std::make_shared<Rulebook>();
  DocumentReader reader(*json, "", out.problems);
  if (json->is_object()) {
    const auto sound = declare_work(*json, *rulebook);
    read_heading(reader, *rulebook);
    const auto unproposed = read_catalogue(reader, *rulebook);
    read_work(reader, *rulebook, sound);
    check_proposers(reader, *rulebook, unproposed);
    read_publication(reader, *rulebook);
    reader.close();
  }
  rulebook->document = digest_of_document(document);
  if (out.problems.empty()) out.rulebook = std::move(rulebook);
  return out;
}

}  // namespace tally::contracts
