namespace Writer;

/// <summary>What `train` is told.</summary>
/// <param name="Text">A text file; null: this repository.</param>
/// <param name="Vocabulary"><c>characters</c> or <c>pairs</c>.</param>
/// <param name="Output">The folder for the network and its vocabulary.</param>
/// <param name="Iterations">Steps.</param>
/// <param name="Every">Steps between two reports.</param>
/// <param name="Threads">0: one for each processor.</param>
/// <param name="Seed">Decides all random numbers.</param>
internal sealed record TrainSettings(string? Text, string Vocabulary, string Output, int Iterations, int Every, int Threads, long Seed);

/// <summary>What `chat` is told.</summary>
/// <param name="Folder">Where `train` has put the network.</param>
/// <param name="Prompt">What to continue; null: lines from the terminal, one after the other.</param>
/// <param name="Length">Tokens to write for each prompt.</param>
/// <param name="Temperature">0: always the most probable token.</param>
/// <param name="TopK">Only the so many most probable tokens.</param>
/// <param name="TopP">Only the most probable tokens that have so much of the probability together.</param>
/// <param name="Penalty">Above 1: tokens among the last ones are less probable.</param>
/// <param name="Seed">Decides all random numbers.</param>
internal sealed record ChatSettings(string Folder, string? Prompt, int Length, float Temperature, int TopK, float TopP, float Penalty, long Seed);
