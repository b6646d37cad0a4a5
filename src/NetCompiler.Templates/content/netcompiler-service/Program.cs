using NetCompiler;
using NetCompilerService;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ScoringJson.Default));
builder.Services.AddProblemDetails();
builder.Services.AddSingleton(_ => Training.LoadOrTrain("moons.safetensors"));

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();

// Before the first request, not in it.
app.Services.GetRequiredService<Moons>();

app.MapGet("/health", () => Results.Text("ok"));
app.MapPost("/score", Scoring.Score);
app.Run();
