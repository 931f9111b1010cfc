// Problem documents and what HTTP says for an error code: one row per code.
#include "common/json.h"
#include "node/http_server.h"

namespace tally::node {

namespace {

struct Row {
  ErrorCode code;
  int status;
  ErrorTitles titles;
};

// 400: the request cannot be read. 409: it clashes with what is already there. 422: it was understood and a rule
// says no. 503: the same request may succeed later.
constexpr Row kRows[] = {
    {ErrorCode::ok, 200, {"Success", "成功"}},
    {ErrorCode::invalid_encoding, 400, {"Invalid encoding", "编码无效"}},
    {ErrorCode::invalid_field, 400, {"Invalid field", "字段无效"}},
    {ErrorCode::missing_field, 400, {"Missing field", "缺少字段"}},
    {ErrorCode::unknown_field, 400, {"Unknown field", "未知字段"}},
    {ErrorCode::too_large, 413, {"Too large", "超出大小限制"}},
    {ErrorCode::not_found, 404, {"Not found", "未找到"}},
    {ErrorCode::wrong_chain, 422, {"Made for another chain", "交易属于另一条链"}},
    {ErrorCode::expired, 422, {"Expired", "已过期"}},
    {ErrorCode::not_yet_valid, 422, {"Valid too far in the future", "有效期过远"}},
    {ErrorCode::duplicate, 409, {"Already submitted", "重复提交"}},
    {ErrorCode::replay_conflict, 409, {"Client id used for other content", "客户端编号已用于其他内容"}},
    {ErrorCode::bad_signature, 422, {"Bad signature", "签名无效"}},
    {ErrorCode::pool_full, 503, {"Transaction pool is full", "交易池已满"}},
    {ErrorCode::not_registered, 422, {"Not registered", "未登记"}},
    {ErrorCode::already_registered, 409, {"Already registered", "已登记"}},
    {ErrorCode::missing_role, 403, {"Missing role", "缺少所需角色"}},
    {ErrorCode::outside_unit, 403, {"Outside the officer's unit", "超出管辖单位"}},
    {ErrorCode::same_person, 422, {"Two parties must differ", "须由不同人员办理"}},
    {ErrorCode::rule_unknown, 422, {"Unknown rule", "规则不存在"}},
    {ErrorCode::rule_off, 422, {"Rule is not in force", "规则未生效"}},
    {ErrorCode::amount_out_of_range, 422, {"Amount out of range", "分值超出范围"}},
    {ErrorCode::limit_reached, 422, {"Limit reached", "已达上限"}},
    {ErrorCode::evidence_missing, 422, {"Evidence missing", "缺少证据"}},
    {ErrorCode::reason_missing, 422, {"Reason missing", "缺少理由"}},
    {ErrorCode::wrong_state, 409, {"Not possible in this state", "当前状态不允许此操作"}},
    {ErrorCode::overflow, 422, {"Number overflow", "数值溢出"}},
    {ErrorCode::test_clock_disabled, 422, {"Test clock is disabled", "测试时钟已停用"}},
    {ErrorCode::batch_aborted, 422, {"Batch aborted", "批次已中止"}},
    {ErrorCode::bad_certificate, 422, {"Bad certificate", "证明无效"}},
    {ErrorCode::root_mismatch, 422, {"Root does not match", "状态根不一致"}},
    {ErrorCode::broken_chain, 422, {"Broken chain", "链不连续"}},
    {ErrorCode::unreachable, 502, {"Not reachable", "无法连接"}},
    {ErrorCode::timeout, 504, {"Timed out", "超时"}},
    {ErrorCode::busy, 503, {"Busy", "系统繁忙"}},
    {ErrorCode::not_final, 409, {"Not final yet", "尚未最终确认"}},
    {ErrorCode::storage_failed, 500, {"Storage failed", "存储故障"}},
    {ErrorCode::io_failed, 500, {"Input or output failed", "读写失败"}},
    {ErrorCode::already_running, 409, {"Already running", "已在运行"}},
    {ErrorCode::config_invalid, 500, {"Invalid configuration", "配置无效"}},
    {ErrorCode::unauthorised, 401, {"Not authenticated", "未通过身份验证"}},
    {ErrorCode::forbidden, 403, {"Forbidden", "无权访问"}},
    {ErrorCode::internal, 500, {"Internal error", "内部错误"}},
    {ErrorCode::protocol_unsupported, 503, {"Protocol version is not supported", "不支持的协议版本"}},
    {ErrorCode::condition_failed, 422, {"A condition of the rule does not hold", "不符合规则条件"}},
    {ErrorCode::expression_failed, 422, {"An expression of the rulebook has no value", "规则表达式无法求值"}},
    {ErrorCode::consent_missing, 403, {"Consent is missing", "未取得同意"}},
    {ErrorCode::pruned, 410, {"Pruned", "已清理"}},
};

const Row* row_of(ErrorCode code) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) { return one.code == code; });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

ErrorTitles titles_of(ErrorCode code) {
  const Row* row = row_of(code);
  return row == nullptr ? ErrorTitles{} : row->titles;
}

int http_status_of(ErrorCode code) {
  const Row* row = row_of(code);
  return row == nullptr ? 500 : row->status;
}

HttpResponse problem(const Error& error, int status) {
  const std::string code(name_of(error.code));
  const ErrorTitles titles = titles_of(error.code);
  std::string detail_zh(titles.chinese);
  if (!error.field.empty()) detail_zh += "（字段：" + error.field + "）";
  if (!error.problem.empty()) detail_zh += "：" + error.problem;
  const Json document = {{"type", "urn:tallystick:error:" + code},
                         {"title", titles.english},
                         {"status", status},
                         {"code", code},
                         {"field", error.field},
                         {"detail", error.problem},
                         {"expected", error.expected},
                         {"title_zh", titles.chinese},
                         {"detail_zh", detail_zh}};
  HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  // Texts may quote foreign bytes: what is not UTF-8 is replaced rather than thrown at.
  out.body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (status == 503) out.headers.emplace_back("Retry-After", "1");
  return out;
}

HttpResponse problem(const Error& error) {
  return problem(error, http_status_of(error.code));
}

}  // namespace tally::node
