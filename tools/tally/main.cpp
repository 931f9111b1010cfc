#include "crypto/digest.h"
#include "devnet/commands.h"
#include "tally/app.h"

int main(int count, char** words) {
  tally::crypto::initialise();
  // Tools beside this one bring their commands as further extensions.
  const std::vector<tally::cli::Extension> extensions = {tally::devnet::register_devnet_commands};
  return tally::cli::run(std::vector<std::string>(words + 1, words + count), tally::cli::real_surroundings(),
                         extensions);
}
