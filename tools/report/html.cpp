#include "report/sections.h"

namespace tally::report {

namespace {

constexpr std::string_view kStyle = R"css(
:root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--head:#f2f4f7;--good:#116329;--bad:#b3151c;
--a:#1f6feb;--b:#c2500a;--c:#6e7781;--d:#b3151c;--ink:#1f6feb}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6edf3;--soft:#9aa5b1;--line:#39424d;--head:#1a2129;
--good:#56d364;--bad:#ff7b72;--a:#58a6ff;--b:#f0883e;--c:#8b949e;--d:#ff7b72;--ink:#58a6ff}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;
max-width:68rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid var(--line);padding-top:.8rem}
.verdict{font-size:1.1rem;font-weight:600;border-left:.4rem solid var(--good);padding:.5rem .8rem}
.verdict.bad{border-color:var(--bad);color:var(--bad)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{border:1px solid var(--line);padding:.22rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere;min-width:4rem}
th{background:var(--head)}figure{margin:1rem 0}figcaption,.more{color:var(--soft);font-size:.86rem}
svg{max-width:100%;height:auto}svg text{fill:var(--fg);font-size:12px}svg .soft{fill:var(--soft)}
svg .axis{stroke:var(--line)}.fa{fill:var(--a)}.fb{fill:var(--b)}.fc{fill:var(--c)}.fd{fill:var(--d)}.ink{fill:var(--ink)}
@media print{:root{--bg:#fff;--fg:#000;--soft:#444;--line:#999;--head:#eee;--good:#116329;--bad:#b3151c;--a:#1f6feb;
--b:#c2500a;--c:#6e7781;--d:#b3151c;--ink:#1f6feb}body{max-width:none;margin:0}h2,figure{break-after:avoid}
figure,tr{break-inside:avoid}.scroll{overflow:visible}table{font-size:.7rem}}
)css";

void add(std::string& out, const Section& section, const std::string& plot) {
  out += "<section>\n<h2>" + escaped(section.title) + "</h2>\n";
  if (!plot.empty()) out += "<figure>\n" + plot + "<figcaption>" + escaped(section.note) + "</figcaption>\n</figure>\n";
  if (section.rows.empty()) {
    out += "<p class=\"more\">" + escaped(section.note) + " None.</p>\n</section>\n";
    return;
  }
  out += "<div class=\"scroll\">\n<table>\n<caption>" + escaped(section.note) + "</caption>\n<thead><tr>";
  for (const auto& column : section.columns) out += "<th scope=\"col\">" + escaped(column) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : section.rows) {
    out += "<tr>";
    for (const auto& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n</div>\n";
  if (section.left_out > 0) out += "<p class=\"more\">And " + std::to_string(section.left_out) + " more.</p>\n";
  out += "</section>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t characters) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins && count++ == characters) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

std::string html_report(const Facts& facts) {
  const std::string title = "Audit report: " + facts.verdict.name;
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + escaped(title) +
         "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n<main>\n<h1>" + escaped(title) +
         "</h1>\n";
  out += "<p class=\"verdict" + std::string(facts.verdict.passed ? "" : " bad") + "\">" + escaped(headline(facts)) +
         "</p>\n";
  add(out, verdict_section(facts), "");
  const std::string plots[] = {activity_plot(facts), rules_plot(facts), pairs_plot(facts), gates_plot(facts)};
  std::size_t index = 0;
  for (const auto& section : sections_of(facts)) {
    add(out, section, index < std::size(plots) ? plots[index] : "");
    ++index;
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace tally::report
