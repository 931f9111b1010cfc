#include "contracts/rulebook_circles.h"

#include <map>
#include <set>

#include "contracts/rulebook_acts.h"

namespace tally::contracts {

namespace {

// Nodes are names, "loan" or "loan/repay", so that a circle can be shown.
class Graph {
 public:
  void edge(const std::string& from, const std::string& to) { edges_[from].insert(to); }

  // The first circle, its first node again at the end; empty if there is none.
  std::vector<std::string> circle() {
    for (const auto& [node, next] : edges_)
      if (done_.count(node) == 0 && visit(node)) return found_;
    return {};
  }

 private:
  // No deeper than there are nodes: acts of all workflows.
  bool visit(const std::string& node) {
    if (const auto open = std::find(path_.begin(), path_.end(), node); open != path_.end()) {
      found_.assign(open, path_.end());
      found_.push_back(node);
      return true;
    }
    if (done_.count(node) != 0) return false;
    path_.push_back(node);
    if (const auto next = edges_.find(node); next != edges_.end())
      for (const auto& to : next->second)
        if (visit(to)) return true;
    path_.pop_back();
    done_.insert(node);
    return false;
  }

  std::map<std::string, std::set<std::string>> edges_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
  std::vector<std::string> found_;
};

std::string step(const std::string& workflow, std::string_view act) {
  return workflow + "/" + std::string(act);
}

const std::string* opened_by(const WorkEffect& effect) {
  const auto* open = std::get_if<OpenEffect>(&effect.what);
  return open == nullptr ? nullptr : &open->workflow;
}

// Acts of other cases that an effect does: "loan/repay".
std::optional<std::string> act_by(const Workflow& workflow, const WorkEffect& effect) {
  const auto* act = std::get_if<ActLinkedEffect>(&effect.what);
  return act == nullptr ? std::nullopt : std::optional(step(workflow.links[act->link].workflow, act->act));
}

// What brings itself about within one act.
Graph at_once(const Rulebook& rulebook) {
  Graph out;
  for (const auto& workflow : rulebook.workflows) {
    const auto add = [&](const Act& act) {
      for (const auto& effect : act.effects) {
        if (const auto* opened = opened_by(effect)) out.edge(step(workflow.code, act.code), step(*opened, kOpening));
        if (const auto linked = act_by(workflow, effect)) out.edge(step(workflow.code, act.code), *linked);
      }
    };
    add(workflow.open);
    for (const auto& act : workflow.acts) add(act);
  }
  return out;
}

// Which workflows' cases open which, with nobody doing anything: by being opened, by a deadline, by what another case
// does in them.
Graph by_themselves(const Rulebook& rulebook) {
  std::set<std::string> linked;
  for (const auto& workflow : rulebook.workflows)
    for_each_effects(workflow, [&](const std::vector<WorkEffect>& effects) {
      for (const auto& effect : effects)
        if (const auto act = act_by(workflow, effect)) linked.insert(*act);
    });
  Graph out;
  for (const auto& workflow : rulebook.workflows) {
    const auto add = [&](const std::vector<WorkEffect>& effects) {
      for (const auto& effect : effects)
        if (const auto* opened = opened_by(effect)) out.edge(workflow.code, *opened);
    };
    add(workflow.open.effects);
    add(workflow.term.effects);
    for (const auto& state : workflow.states)
      if (state.after) add(state.after->effects);
    for (const auto& act : workflow.acts)
      if (linked.count(step(workflow.code, act.code)) != 0) add(act.effects);
  }
  return out;
}

void tell(DocumentReader& reader, const Rulebook& rulebook, Graph graph, const std::string& problem,
          const std::string& expected) {
  const auto circle = graph.circle();
  if (circle.empty()) return;
  std::string shown;
  for (const auto& node : circle) shown += (shown.empty() ? "" : " -> ") + node;
  const auto first = circle.front().substr(0, circle.front().find('/'));
  std::size_t place = 0;
  while (rulebook.workflows[place].code != first) ++place;
  reader.mistake("workflows[" + std::to_string(place) + "]", problem + ": " + shown, expected);
}

}  // namespace

std::vector<std::size_t> unreachable_states(const Workflow& workflow) {
  std::vector<bool> reached(workflow.states.size(), false);
  std::vector<std::size_t> next;
  const auto reach = [&](std::size_t state) {
    if (reached[state]) return;
    reached[state] = true;
    next.push_back(state);
  };
  reach(*workflow.open.to);
  reach(workflow.term.go);
  while (!next.empty()) {
    const auto state = next.back();
    next.pop_back();
    if (workflow.states[state].after) reach(workflow.states[state].after->go);
    for (const auto& act : workflow.acts)
      if (act.to && std::find(act.from.begin(), act.from.end(), state) != act.from.end()) reach(*act.to);
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < reached.size(); ++i)
    if (!reached[i]) out.push_back(i);
  return out;
}

void check_circles(DocumentReader& reader, const Rulebook& rulebook) {
  tell(reader, rulebook, at_once(rulebook), "brings itself about at once", "effects that come to an end");
  tell(reader, rulebook, by_themselves(rulebook), "opens cases by itself in a circle",
       "an act by somebody between them, so that it comes to an end");
}

}  // namespace tally::contracts
