#include "contracts/operations.h"

#include "common/limits.h"

namespace tally::contracts {

std::string_view name_of(const Operation& operation) {
  return std::visit([]<class One>(const One&) { return One::kName; }, operation);
}

Bytes encode_operation(const Operation& operation) {
  return encode(operation);
}

Result<Operation> decode_operation(ByteView bytes) {
  if (bytes.size() > limits::kOperationBytesMax)
    return make_error(ErrorCode::too_large, "operation", "has " + std::to_string(bytes.size()) + " bytes",
                      "at most " + std::to_string(limits::kOperationBytesMax));
  auto operation = decode<Operation>(bytes);
  if (!operation) return Error(operation.error()).within("operation");
  return operation;
}

Result<OperationOutput> decode_output(ByteView bytes) {
  return decode<OperationOutput>(bytes);
}

}  // namespace tally::contracts
