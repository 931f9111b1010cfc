#include "contracts/work_json.h"

namespace tally::contracts {

Json work_json(const WorkView& view) {
  return people_form(to_json(view), std::nullopt);
}
Json work_row_json(const WorkRow& row) {
  return people_form(to_json(row), std::nullopt);
}
Json act_page_json(const ActPage& page) {
  return people_form(to_json(page), page.scale);
}
Json obligation_json(const ObligationView& view) {
  return people_form(to_json(view), std::nullopt);
}
Json notice_json(const NoticeView& view) {
  return people_form(to_json(view), std::nullopt);
}

}  // namespace tally::contracts
