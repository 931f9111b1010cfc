#include "contracts/work_records.h"

#include "contracts/state_key.h"

namespace tally::contracts {

Bytes work_key(std::uint64_t case_number) {
  return StateKey("work").number(case_number).take();
}
Bytes work_list_key(std::uint64_t case_number, std::size_t field, std::uint32_t position) {
  return StateKey("work_list").number(case_number).number(field).number(position).take();
}
Bytes work_done_key(std::uint64_t case_number, std::string_view act, const Signer& signer) {
  const ByteView who = signer.person ? signer.person->view() : signer.subject->view();
  return StateKey("work_done").number(case_number).text(act).text(signer.person ? "p" : "s").fixed(who).take();
}
Bytes work_waiting_key(std::uint64_t case_number, const Digest& act) {
  return StateKey("work_waiting").number(case_number).fixed(act.view()).take();
}
Bytes work_history(std::uint64_t case_number) {
  return StateKey("work_history").number(case_number).take();
}
Bytes work_count_key(const RulebookId& rulebook, std::string_view workflow, std::string_view state,
                     const UnitId& unit) {
  return StateKey("work_count").text(rulebook).text(workflow).text(state).text("unit").text(unit).take();
}
Bytes work_count_key(const RulebookId& rulebook, std::string_view workflow, std::string_view state,
                     const SubjectHandle& subject) {
  return StateKey("work_count").text(rulebook).text(workflow).text(state).text("of").fixed(subject.view()).take();
}
Bytes obligation_key(std::uint64_t number) {
  return StateKey("obligation").number(number).take();
}
Bytes obligations_of_prefix(const SubjectHandle& subject) {
  return StateKey("obligation_of").fixed(subject.view()).take();
}
Bytes obligation_of_key(const SubjectHandle& subject, std::uint64_t number) {
  return StateKey("obligation_of").fixed(subject.view()).number(number).take();
}
Bytes notices_prefix(const SubjectHandle& subject) {
  return StateKey("notice").fixed(subject.view()).take();
}
Bytes notice_key(const SubjectHandle& subject, std::uint64_t number) {
  return StateKey("notice").fixed(subject.view()).number(number).take();
}
Bytes work_of_prefix(const SubjectHandle& subject) {
  return StateKey("work_of").fixed(subject.view()).take();
}
Bytes work_of_key(const SubjectHandle& subject, std::uint64_t case_number) {
  return StateKey("work_of").fixed(subject.view()).number(case_number).take();
}
std::string queue_index(const RulebookId& rulebook, std::string_view queue) {
  // Neither holds a slash or a zero byte.
  return "queue/" + rulebook + "/" + std::string(queue);
}

}  // namespace tally::contracts
