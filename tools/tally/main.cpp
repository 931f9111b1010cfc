#include "crypto/digest.h"
#include "devnet/commands.h"
#include "devnet/network_chain.h"
#include "tally/app.h"

int main(int count, char** words) {
  tally::crypto::initialise();
  // Tools beside this one bring their commands as further extensions.
  const std::vector<tally::cli::Extension> extensions = {tally::devnet::register_devnet_commands};
  auto surroundings = tally::cli::real_surroundings();
  surroundings.network_chains = tally::devnet::network_chains;
  return tally::cli::run(std::vector<std::string>(words + 1, words + count), surroundings, extensions);
}
