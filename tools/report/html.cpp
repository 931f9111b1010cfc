#include "report/markup.h"
#include "report/sections.h"

namespace tally::report {

namespace {

// Light, dark and on paper; wide tables and drawings scroll on a narrow screen.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--head:#f2f4f7;--good:#116329;
--bad:#b3151c;--link:#0b57d0;--a:#1f6feb;--b:#e39b17;--c:#8c959f;--d:#a40e26}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6edf3;--soft:#9aa5b1;--line:#39424d;--head:#1a2129;
--good:#56d364;--bad:#ff7b72;--link:#79b8ff;--a:#58a6ff;--b:#e3b341;--c:#7d8590;--d:#f0616d}}
*{box-sizing:border-box}
body{background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;
max-width:70rem;margin:1.5rem auto;padding:0 1rem;overflow-wrap:anywhere}
a{color:var(--link)}h1{font-size:1.5rem;line-height:1.25}
h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid var(--line);padding-top:.8rem}
.verdict{font-size:1.1rem;font-weight:600;border-left:.4rem solid var(--good);padding:.5rem .8rem}
.verdict.bad{border-color:var(--bad);color:var(--bad)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption,figcaption,.more{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.3rem}
th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top;min-width:4.5rem;
max-width:26rem}
th{background:var(--head)}figure{margin:1rem 0}
svg{display:block;width:100%;min-width:36rem;max-width:45rem;height:auto}
svg text{fill:var(--fg);font-size:13px}svg .soft{fill:var(--soft)}svg .title{font-weight:600}
svg .axis{stroke:var(--line)}.fa{fill:var(--a)}.fb{fill:var(--b)}.fc{fill:var(--c)}.fd{fill:var(--d)}
.s0,.s1,.s2,.s3,.s4{fill:var(--a)}.s0{fill-opacity:.04}.s1{fill-opacity:.14}.s2{fill-opacity:.24}
.s3{fill-opacity:.34}.s4{fill-opacity:.46}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#999;--head:#eee;--good:#116329;
--bad:#b3151c;--link:#000;--a:#1f6feb;--b:#e39b17;--c:#8c959f;--d:#a40e26}
body{max-width:none;margin:0;padding:0;font-size:10pt}*{print-color-adjust:exact}h2,caption{break-after:avoid}
figure,tr{break-inside:avoid}.scroll{overflow:visible}svg{min-width:0}table{font-size:7.5pt}th,td{min-width:0}}
)css";

void add_table(std::string& out, const Section& section) {
  if (section.rows.empty()) {
    out += "<p class=\"more\">" + escaped(section.note) + " None.</p>\n";
    return;
  }
  out +=
      "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<caption>" + escaped(section.note) + "</caption>\n<thead><tr>";
  for (const auto& column : section.columns) out += "<th scope=\"col\">" + escaped(column) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : section.rows) {
    out += "<tr>";
    for (const auto& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n</div>\n";
  if (section.left_out > 0) out += "<p class=\"more\">And " + std::to_string(section.left_out) + " more.</p>\n";
}

void add(std::string& out, const Section& section, const std::string& plot = {}) {
  out += "<section id=\"" + section.id + "\">\n<h2>" + escaped(section.title) + "</h2>\n";
  if (!plot.empty()) out += "<figure class=\"scroll\" tabindex=\"0\">\n" + plot + "</figure>\n";
  add_table(out, section);
  out += "</section>\n";
}

// With links to the lists.
void add_overview(std::string& out, const Facts& facts) {
  const Section section = overview_section(facts);
  out += "<section id=\"" + section.id + "\">\n<h2>" + escaped(section.title) + "</h2>\n<p>" + escaped(section.note) +
         "</p>\n<ul>\n";
  for (const auto& list : facts.lists)
    out += "<li><a href=\"#list-" + list.code + "\">" + escaped(list.title) + "</a>: " + std::to_string(list.found) +
           "</li>\n";
  out += "</ul>\n</section>\n";
}

}  // namespace

std::string html_report(const Facts& facts) {
  const std::string title = "Audit report: " + facts.verdict.network;
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" + escaped(title) +
         "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n<main>\n<h1>" + escaped(title) +
         "</h1>\n";
  out += "<p class=\"verdict" + std::string(facts.verdict.passed ? "" : " bad") + "\">" + escaped(headline(facts)) +
         "</p>\n";
  if (const auto failure = failure_words(facts); !failure.empty()) out += "<p>" + escaped(failure) + "</p>\n";
  add(out, identity_section(facts));
  add(out, checked_section(facts));
  const std::string plots[] = {activity_plot(facts), rules_plot(facts), pairs_plot(facts), gates_plot(facts)};
  std::size_t index = 0;
  for (const auto& section : plotted_sections(facts)) add(out, section, plots[index++]);
  add_overview(out, facts);
  for (const auto& section : list_sections(facts)) add(out, section);
  for (const auto& section : further_sections(facts)) add(out, section);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace tally::report
