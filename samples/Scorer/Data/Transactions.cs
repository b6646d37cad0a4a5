using System.Globalization;
using System.Text;

namespace Scorer.Data;

/// <summary>One card payment.</summary>
/// <param name="Amount">In euros.</param>
/// <param name="Hour">Of the day, 0 to 23.</param>
/// <param name="Merchant">What kind of shop.</param>
/// <param name="Channel">How the card was used.</param>
/// <param name="CardAgeDays">Since the card was issued.</param>
/// <param name="DistanceKm">From where the card was used before.</param>
/// <param name="RecentCount">Payments with the card in the last hour.</param>
/// <param name="Fraud">Whether its owner disputed it: the label.</param>
internal sealed record Transaction(double Amount, int Hour, string Merchant, string Channel, int CardAgeDays, double DistanceKm, int RecentCount, bool Fraud);

/// <summary>
/// Card payments that the program makes itself, for when there is no other data. Who is defrauded depends on several columns at once, and partly on
/// chance. The same seed and number give the same payment.
/// </summary>
internal static class Transactions
{
    public const string Label = "fraud";

    private static readonly string[] Columns = ["amount", "hour", "merchant", "channel", "card_age_days", "distance_km", "recent_count", Label];

    private static readonly string[] Merchants = ["groceries", "restaurant", "fuel", "travel", "electronics", "clothing", "gift_cards", "games"];

    private static readonly string[] Channels = ["chip", "contactless", "online", "phone"];

    /// <summary>A table of payments, as a file of them would give.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Decides all of them.</param>
    /// <param name="shifted">As after fraudsters changed their ways: what a network learned before is partly wrong now.</param>
    public static CsvTable Make(int count, long seed, bool shifted = false)
    {
        var random = new Random(Folded(seed));
        return new CsvTable(
            $"{count.ToString("N0", CultureInfo.InvariantCulture)} payments made by this program (seed {seed})",
            Columns,
            [.. Enumerable.Range(0, count).Select(_ => ToCells(Draw(random, shifted)))]);
    }

    public static string ToCsv(CsvTable table)
    {
        var text = new StringBuilder().AppendJoin(',', table.Columns).Append('\n');
        foreach (var row in table.Rows)
            text.AppendJoin(',', row).Append('\n');
        return text.ToString();
    }

    internal static Transaction Draw(Random random, bool shifted)
    {
        var merchant = (int)(Merchants.Length * Math.Pow(random.NextDouble(), 1.5));
        var channel = random.Next(Channels.Length);
        var amount = Math.Round(Math.Exp(3.3 + Normal(random)) * (merchant is 3 or 4 ? 3 : 1), 2);
        var hour = (int)(13 + 5 * Normal(random) + 48) % 24;
        var age = (int)(2000 * random.NextDouble());
        var distance = Math.Round(random.NextDouble() < 0.85 ? -8 * Math.Log(1 - random.NextDouble()) : 1500 * random.NextDouble(), 1);
        var recent = Math.Min(12, (int)(-1.2 * Math.Log(1 - random.NextDouble())));

        var night = hour is < 6 or > 22;
        var odds = -5.0;
        odds += shifted
            ? (merchant is 6 or 7 && channel >= 2 ? 7 : 0) + (amount is > 40 and < 120 ? 2 : 0)
            : (merchant is 3 or 4 && night ? 7 : 0) + (amount > 250 ? 3.5 : 0);
        odds += distance > 300 && channel < 2 ? 7 : 0;
        odds += recent >= 4 && amount < 15 ? 6 : 0.25 * recent;
        odds += age < 60 ? 2 : 0;
        var fraud = random.NextDouble() < 1 / (1 + Math.Exp(-odds));
        return new Transaction(amount, hour, Merchants[merchant], Channels[channel], age, distance, recent, fraud);
    }

    internal static string[] ToCells(Transaction t) =>
    [
        t.Amount.ToString(CultureInfo.InvariantCulture),
        t.Hour.ToString(CultureInfo.InvariantCulture),
        t.Merchant,
        t.Channel,
        t.CardAgeDays.ToString(CultureInfo.InvariantCulture),
        t.DistanceKm.ToString(CultureInfo.InvariantCulture),
        t.RecentCount.ToString(CultureInfo.InvariantCulture),
        t.Fraud ? "1" : "0",
    ];

    private static int Folded(long seed) => (int)(seed ^ (seed >> 32));

    /// <summary>Normally distributed (Box and Muller).</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
