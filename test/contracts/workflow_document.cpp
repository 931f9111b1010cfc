#include "contracts/workflow_document.h"

namespace tally::contracts {

namespace {

const char* const kWork = R"json("workflows": [
{"code": "activity", "title": {"zh": "活动", "en": "activity"}, "subject": "household",
 "fields": [{"code": "joined", "type": "int", "title": {"zh": "人数", "en": "joined"}},
            {"code": "place", "type": "text", "title": {"zh": "地点", "en": "place"}, "start": "hall",
             "values": ["hall", "field"]}],
 "open": {"state": "planned", "by": ["recorder"], "takes": ["place"], "evidence_required": true},
 "states": [{"code": "planned", "title": {"zh": "计划", "en": "planned"}},
            {"code": "held", "title": {"zh": "举办", "en": "held"}, "final": true}],
 "acts": [{"code": "hold", "title": {"zh": "举办", "en": "hold"}, "from": ["planned"], "to": "held", "by": ["recorder"]},
          {"code": "join", "title": {"zh": "加入", "en": "join"}, "from": ["planned"], "by": ["queue"],
           "effects": [{"set": "joined", "to": "case.joined + 1"}]}],
 "term": {"days": 30, "go": "held"}, "provenance": {"number": "invented"}},
{"code": "duty", "title": {"zh": "值勤", "en": "duty"}, "subject": "household",
 "fields": [{"code": "hours", "type": "decimal", "title": {"zh": "小时", "en": "hours"}, "min": "0.5", "max": "8"},
            {"code": "leader", "type": "decimal", "title": {"zh": "系数", "en": "leader"}, "start": "1.05",
             "min": "0.80", "max": "1.20"},
            {"code": "marks", "type": "int", "title": {"zh": "评分", "en": "marks"}, "min": "1", "max": "5", "list": 200},
            {"code": "begins", "type": "time", "title": {"zh": "开始", "en": "begins"}, "start": "2026-03-01"},
            {"code": "urgent", "type": "bool", "title": {"zh": "紧急", "en": "urgent"}, "start": "true"},
            {"code": "helper", "type": "subject", "title": {"zh": "帮手", "en": "helper"}},
            {"code": "got", "type": "decimal", "title": {"zh": "所得", "en": "got"}}],
 "links": [{"code": "event", "workflow": "activity"}],
 "open": {"state": "joined", "by": ["subject"], "takes": ["hours"],
          "conditions": [{"when": "subject.cases('duty', 'joined') < 3 && case.event.place == 'hall'",
                          "otherwise": {"zh": "过多", "en": "too many"}}],
          "effects": [{"go_linked": "event", "act": "join"}, {"enter": "spots"}]},
 "states": [{"code": "joined", "title": {"zh": "报名", "en": "joined"},
             "after": {"hours": "48", "go": "missed",
                       "effects": [{"notify": {"zh": "未到", "en": "missed"}, "to": "helper"}]}},
            {"code": "done", "title": {"zh": "完成", "en": "done"},
             "after": {"at": "case.begins + duration('24h')", "go": "counted"}},
            {"code": "counted", "title": {"zh": "计分", "en": "counted"}, "final": true},
            {"code": "missed", "title": {"zh": "缺席", "en": "missed"}, "final": true}],
 "acts": [{"code": "check-in", "title": {"zh": "签到", "en": "check in"}, "from": ["joined"], "to": "done",
           "by": ["inspector", "leader"], "reach": "same", "not_by": ["open", "rate"], "once": "case", "times": 2,
           "takes": ["leader", "helper"], "evidence_required": true, "reason_required": true,
           "endorsed_by": {"count": 2, "roles": ["endorser"], "different_units": true}, "subject_signs": true,
           "effects": [{"award": "QZ9", "to": "helper", "quantity": "4 * 2", "if_limited": "skip",
                        "when": "case.urgent && author == ''"},
                       {"deduct": "QZ6"},
                       {"pay": "decimal('12.50')", "unit": "yuan", "title": {"zh": "补贴", "en": "allowance"},
                        "within_days": 30}]},
          {"code": "rate", "title": {"zh": "评价", "en": "rate"}, "from": ["done"], "by": ["others", "subject"],
           "once": "day", "takes": ["marks"], "effects": [{"notify": {"zh": "谢谢", "en": "thanks"}, "to": "author"}]},
          {"code": "serve", "title": {"zh": "安排", "en": "serve"}, "from": ["joined", "done"], "by": ["queue"],
           "effects": [{"set": "event.joined", "to": "case.event.joined + 1"}, {"leave": "spots"}]},
          {"code": "follow", "title": {"zh": "复查", "en": "follow"}, "from": ["done"], "by": ["recorder"],
           "effects": [{"open": "review", "fields": {"score": "case.trimmed_mean('marks', 20)"}, "link": "duty"}]}],
 "term": {"days": 60, "go": "missed", "effects": [{"set": "urgent", "to": "false"}]},
 "provenance": {
  "number" : "source", "ref" : "R1"
}
},
{"code": "review", "title": {"zh": "复查", "en": "review"}, "subject": "household",
 "fields": [{"code": "score", "type": "decimal", "title": {"zh": "分数", "en": "score"}}],
 "links": [{"code": "duty", "workflow": "duty"}],
 "open": {"state": "begun", "by": ["queue"], "takes": ["score"]},
 "states": [{"code": "begun", "title": {"zh": "开始", "en": "begun"}},
            {"code": "over", "title": {"zh": "结束", "en": "over"}, "final": true}],
 "term": {"days": 7, "go": "over"}, "provenance": {"number": "invented"}}],
"queues": [{"code": "spots", "title": {"zh": "名额", "en": "spots"}, "workflow": "duty", "roles": ["recorder"],
            "order": [{"by": "case.mean('marks')", "descending": true}, {"by": "case.opened"}],
            "serve": "by_share", "weight": "case.hours", "act": "serve", "gives": "got",
            "provenance": {"number": "invented"}}],
)json";

// The rulebook with these parts in place of its own workflows.

}  // namespace

std::string with_work(const std::string& parts) {
  auto text = qingzhen_text();
  const auto from = text.find("\"workflows\"");
  const auto to = text.find("\"credit_village\"");
  REQUIRE(from < to);
  REQUIRE(to != std::string::npos);
  return text.replace(from, to - from, parts);
}

std::string document() {
  return with_work(kWork);
}

std::string problems_of(const std::string& text) {
  std::string out;
  for (const auto& problem : compile_rulebook(text).problems)
    out += (out.empty() ? "" : "\n") + std::string(name_of(problem.code)) + " " + problem.text();
  return out;
}

RulebookPtr compiled() {
  INFO(problems_of(document()));
  auto out = compile_rulebook(document()).rulebook;
  REQUIRE(out != nullptr);
  return out;
}

}  // namespace tally::contracts
