import type { Tier } from '@sluice/contracts';

export interface DemoPrompt {
  tier: Tier;
  task:
    | 'classification'
    | 'extraction'
    | 'summarization'
    | 'translation'
    | 'code'
    | 'reasoning'
    | 'chat'
    | 'creative';
  prompt: string;
  maxTokens: number;
}

const prompt = (tier: Tier, task: DemoPrompt['task'], maxTokens: number, text: string): DemoPrompt => ({
  tier,
  task,
  prompt: text,
  maxTokens,
});

/** Work as a queue like this gets it: short and long, urgent and not, many kinds. */
export const DEMO_PROMPTS: readonly DemoPrompt[] = [
  prompt(
    'priority',
    'classification',
    8,
    'Is this ticket about billing, login or shipping? "I was charged twice for order 8841."',
  ),
  prompt(
    'priority',
    'classification',
    8,
    'Sentiment (positive, neutral, negative): "The update fixed the crash, but now it drains my battery."',
  ),
  prompt(
    'priority',
    'chat',
    120,
    'A guest asks at 23:10 whether late check-in is possible tonight. Write a friendly reply; the desk is open until 1:00.',
  ),
  prompt(
    'priority',
    'extraction',
    60,
    'Return JSON with name, date and amount: "Invoice 2291, Harlow & Sons, 14 March 2026, total 1,284.50 EUR."',
  ),
  prompt(
    'priority',
    'chat',
    90,
    'Explain to a customer in three sentences why a refund can take up to five working days.',
  ),
  prompt(
    'priority',
    'code',
    160,
    'Write a TypeScript function that groups an array of objects by a key and keeps the order of insertion.',
  ),
  prompt(
    'priority',
    'translation',
    60,
    'Translate into German: "Your parcel has left our warehouse and will arrive on Thursday."',
  ),
  prompt(
    'priority',
    'classification',
    8,
    'Spam or not spam? "Congratulations, you were selected for a free cruise, reply with your card number."',
  ),
  prompt(
    'priority',
    'extraction',
    80,
    'List all e-mail addresses in: "Write to ops@harbour.example, cc lena@harbour.example, never to info@old.example."',
  ),
  prompt(
    'priority',
    'chat',
    100,
    'The user says the app shows error E-17 after login. Ask the three most useful questions to narrow it down.',
  ),
  prompt(
    'standard',
    'summarization',
    120,
    'Summarise for a busy reader: The council approved the new tram line on Monday. Works begin in May, take 26 months and close two bridges for cars. Shops along Mill Street may claim compensation.',
  ),
  prompt(
    'standard',
    'summarization',
    90,
    'Give a title and two bullet points: Our Q3 revenue grew 14 % to 8.2 M, churn fell from 3.1 to 2.6 %, and hiring was paused in August.',
  ),
  prompt(
    'standard',
    'code',
    200,
    'Find the bug: for (let i = 0; i <= items.length; i++) total += items[i].price; Explain it and give the fix.',
  ),
  prompt(
    'standard',
    'code',
    220,
    'Write a SQL query for PostgreSQL: the ten customers with the highest revenue in the last 90 days, ties included.',
  ),
  prompt(
    'standard',
    'reasoning',
    180,
    'A train leaves at 9:40 and goes 84 km/h; another leaves the same station at 10:10 and goes 112 km/h. When does it catch up?',
  ),
  prompt(
    'standard',
    'translation',
    80,
    'Translate into French, formal: "Please send us the signed copy before the end of the month."',
  ),
  prompt(
    'standard',
    'translation',
    80,
    'Translate into Spanish, informal: "Did you get the photos from Saturday? The one at the pier is great."',
  ),
  prompt(
    'standard',
    'extraction',
    120,
    'Return a JSON array of {product, quantity}: "Two boxes of A4 paper, a dozen blue pens and one stapler, please."',
  ),
  prompt(
    'standard',
    'creative',
    180,
    'Write a product description of 60 words for a hand-made oak bookshelf with adjustable boards.',
  ),
  prompt(
    'standard',
    'chat',
    140,
    'What should I check before I sign a lease for a small office? Give a short list.',
  ),
  prompt(
    'standard',
    'summarization',
    150,
    'Summarise the thread in one paragraph: Ana wants the release on Tuesday; Jo still waits for the security review; Sam can test on Monday if staging is stable; all agree that Wednesday is the latest.',
  ),
  prompt(
    'standard',
    'reasoning',
    140,
    'Three boxes are labelled apples, oranges, mixed, and every label is wrong. How many fruits must you draw to label them correctly? Explain.',
  ),
  prompt(
    'standard',
    'code',
    180,
    'Write a regular expression for ISO 8601 dates (YYYY-MM-DD) and explain what it does not check.',
  ),
  prompt(
    'standard',
    'classification',
    10,
    'Which department should read this: legal, sales or support? "We consider the late delivery a breach of section 4."',
  ),
  prompt(
    'flex',
    'summarization',
    200,
    'Write an abstract of about 100 words for a paper that measures how hedge rows change wind speed and soil moisture in flat farmland.',
  ),
  prompt(
    'flex',
    'creative',
    240,
    'Write a short story opening about a lighthouse keeper who receives a letter that is addressed to the lighthouse.',
  ),
  prompt(
    'flex',
    'creative',
    160,
    'Invent five names for a neighbourhood bakery that is open only at night, each with one sentence of reason.',
  ),
  prompt('flex', 'classification', 10, 'Label the language of: "Hvor mange stasjoner er det igjen?"'),
  prompt(
    'flex',
    'classification',
    10,
    'Topic (sports, politics, science, culture): "The probe entered orbit after a nine-month cruise."',
  ),
  prompt(
    'flex',
    'extraction',
    140,
    'Extract all measures with their unit: "The beam is 3.2 m long, weighs 48 kg and carries 1.5 t at 20 °C."',
  ),
  prompt(
    'flex',
    'translation',
    120,
    'Translate into Italian: "The museum is closed on Mondays, except on public holidays."',
  ),
  prompt(
    'flex',
    'code',
    240,
    'Write a Python function that reads a CSV in chunks and yields rows whose column "status" is "open".',
  ),
  prompt(
    'flex',
    'code',
    200,
    'Explain what this shell line does and when it is dangerous: find . -name "*.tmp" -mtime +7 -delete',
  ),
  prompt(
    'flex',
    'reasoning',
    200,
    'Estimate how many litres of paint are needed for a room of 4 by 5 m, 2.6 m high, two coats, one door and two windows.',
  ),
  prompt(
    'flex',
    'chat',
    160,
    'Plan a vegetarian dinner for six people that can be cooked in an hour with one oven.',
  ),
  prompt(
    'flex',
    'summarization',
    140,
    'Turn into release notes: fix crash when folder is empty; add dark mode; export keeps column order; upgrade image library.',
  ),
  prompt(
    'flex',
    'chat',
    150,
    'Give feedback on this sentence for a cover letter: "I am a hard worker and I love challenges and teams."',
  ),
  prompt(
    'flex',
    'creative',
    120,
    'Write four alternative subject lines for a newsletter about a repair café on Saturday.',
  ),
  prompt(
    'flex',
    'extraction',
    100,
    'Which people and places are named? "In Trieste, Marta Velic met the curator Jonas Ek, who had come from Uppsala."',
  ),
  prompt(
    'flex',
    'reasoning',
    160,
    'Is it cheaper to repair a washing machine for 180 when a new one costs 420 and lasts ten years? State your assumptions.',
  ),
];
