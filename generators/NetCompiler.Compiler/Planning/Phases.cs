using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Assigns units to phases. Even levels run for each chunk of the minibatch, odd levels once; level -1 is what depends on
/// parameters alone. A value is ready for other chunks' work, for serial work and for split work at different levels.
/// </summary>
internal static class Phases
{
    private sealed record Ready(int ForChunks, int ForSerial, int ForSplit);

    public static void Run(Plan plan, List<Unit> units)
    {
        var ready = new Dictionary<Value, Ready>();
        var combineLevel = new Dictionary<Value, int>();
        int Latest(Unit unit, Func<Ready, int> part, int least)
        {
            var level = least;
            foreach (var value in unit.Consumed)
                if (ready.TryGetValue(value, out var r)) level = Math.Max(level, part(r));
            return level;
        }

        void Place(Unit unit, int first)
        {
            Ready result;
            if (unit.SplitAxis is not null)
            {
                unit.Level = Latest(unit, r => r.ForSplit, first - 1);
                if (unit.Level % 2 == 0) unit.Level++;
                result = new(unit.Level + 1, unit.Level + 2, unit.Level + 2);
            }
            else if (unit.Kind == UnitKind.Whole)
            {
                unit.Level = Latest(unit, r => r.ForSerial, first - 1);
                if (unit.Level % 2 == 0) unit.Level++;
                result = new(unit.Level + 1, unit.Level, unit.Level + 2);
            }
            else
            {
                unit.Level = Latest(unit, r => r.ForChunks, first);
                if (unit.Level % 2 != 0) unit.Level++;
                result = unit.Kind == UnitKind.BatchSum ? new(unit.Level + 2, unit.Level + 1, unit.Level + 3) : new(unit.Level, unit.Level + 1, unit.Level + 1);
                if (unit.Kind == UnitKind.BatchSum) combineLevel[unit.Main.Output.Value] = unit.Level + 1;
            }

            foreach (var stage in unit.Stages) Note(stage, result);
            Note(unit, result);
        }

        void Note(Unit unit, Ready result)
        {
            foreach (var value in unit.Produced)
                ready[value] = ready.TryGetValue(value, out var r)
                    ? new(Math.Max(r.ForChunks, result.ForChunks), Math.Max(r.ForSerial, result.ForSerial), Math.Max(r.ForSplit, result.ForSplit)) : result;
        }

        // What states are before their first step is written just before the chain that goes on with them.
        var begun = new HashSet<Value>(units.SelectMany(u => u.Continued));
        var waiting = new List<Unit>();
        void PlaceInOrder(IEnumerable<Unit> those, int first)
        {
            foreach (var unit in those)
            {
                if (unit.Carried is null && unit.Kind == UnitKind.Samples && unit.Consumed.All(v => v.Kind == ValueKind.State) && unit.Produced.All(begun.Contains))
                {
                    waiting.Add(unit);
                    continue;
                }

                Place(unit, first);
                foreach (var start in waiting.Where(w => w.Produced.Any(unit.Continued.Contains))) Place(start, unit.Level);
            }
        }

        // The levels of one moment come after all of those before it; the level before the first is for what depends on parameters alone.
        var firsts = new Dictionary<Moment, int>();
        var next = 0;
        foreach (var moment in new[] { Moment.Step, Moment.AfterLoss, Moment.OnDemand })
        {
            firsts[moment] = next;
            PlaceInOrder(units.Where(u => u.Moment == moment), next);
            var last = next - 2;
            foreach (var level in units.Where(u => u.Moment == moment).Select(u => u.Level).Concat(combineLevel.Values)) last = Math.Max(last, level);
            next = last % 2 == 0 ? last + 2 : last + 3;
        }

        var levels = units.Select(u => u.Level).Concat(combineLevel.Values).Distinct().OrderBy(l => l).ToList();
        var unitsOf = units.ToLookup(u => u.Level);
        var combinesOf = combineLevel.ToLookup(c => c.Value, c => c.Key);
        foreach (var level in levels)
        {
            var phase = new PhasePlan(RoleAt(level), level % 2 == 0);
            var here = unitsOf[level].ToList();
            phase.Units.AddRange(here.Where(u => u.SplitAxis is null));
            phase.SplitUnits.AddRange(here.Where(u => u.SplitAxis is not null));
            var serialReads = new HashSet<Value>(phase.Units.SelectMany(u => u.Consumed));
            foreach (var value in combinesOf[level].OrderBy(v => v.Id))
            {
                var length = plan.Layouts[value].Length;
                (serialReads.Contains(value) || length <= 1024 ? phase.SerialCombines : phase.Combines).Add(new Combine(value, length));
            }

            plan.Phases.Add(phase);
        }

        string RoleAt(int level) => level >= firsts[Moment.OnDemand] - 1 ? "InputGradient" : level >= firsts[Moment.AfterLoss] - 1 ? "AfterLoss" : "Gradient";
    }
}
