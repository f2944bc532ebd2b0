"""The sentences that posts consist of. ``{}`` stands for a symbol; no other capitals may be symbols."""

from __future__ import annotations

__all__ = [
    "ABBREVIATIONS", "BARE", "CASHTAG", "LOWER_CASE", "OPENING", "RESEARCH", "SHOUTS", "SMALL_TALK", "TITLES",
]  # fmt: skip

CASHTAG = (
    "Anyone else watching ${} into the close?",
    "Opened a small position in ${} this morning",
    "${} is breaking out of its range",
    "What is your price target for ${}?",
    "Sold half of my ${} shares today",
    "The volume in ${} looks unusual",
)

BARE = (
    "Bought 200 shares of {} at the open and added some calls for March.",
    "I hold {} stock since last year and the earnings were better than most expected.",
    "The short interest in {} is above 20% and the borrow fee keeps rising.",
    "Sold {} puts at the 12.5 strike, premium was worth the wait.",
    "My price target for {} is 40 dollars after the last quarter.",
    "Long {} with an average price of 8.40, not selling before the next earnings.",
)

TITLES = (
    "My trades of this morning",
    "A small update on my portfolio",
    "What I bought this week",
    "Thoughts after the open",
)

SHOUTS = (
    "HOLD ON THIS IS HUGE AND I AM ALL IN",
    "BACK TO THE MOON WE GO",
    "I CAN NOT BELIEVE IT WE ARE BACK",
    "HOLD THE LINE AND RIDE IT TO THE MOON",
    "ALL IN ON IT AND THE GAIN WAS HUGE",
    "HUGE DAY AND I WILL HOLD ALL OF IT",
    "BACK ON THE MOON ROAD",
)

ABBREVIATIONS = (
    "The CEO spoke well on the ER call yesterday",
    "Is anyone else going ALL in before ER?",
    "My DD says the CEO is buying time",
    "IT budgets are down, what does that mean for us?",
    "Where is the DD? The CEO said nothing ON margins",
    "ER season is here and I am tired",
    "Went ALL in, ask me anything about IT",
)

LOWER_CASE = (
    "I will hold my calls until friday",
    "back in the market with a huge loss",
    "should I hold or sell after a huge gain?",
    "the huge dip is back and I hold my shares",
)

SMALL_TALK = (
    "How do you keep calm on red days?",
    "What was your first trade?",
    "Best book on valuation?",
    "Is it too late to start saving at forty?",
    "How do you plan for taxes?",
    "Broker outage again this morning",
    "What are your moves tomorrow?",
    "Lost more than I wanted to admit",
    "Which newsletter do you still read?",
    "How many positions are too many?",
)

OPENING = "I spent the last two weekends on {} and want to share what was found. Nothing here is advice."

RESEARCH = (
    "Revenue grew by nine percent over the last year while costs stayed almost flat, which is rare.",
    "The balance sheet carries little debt and most of it is not due for another six years.",
    "Management has bought back about four percent of the shares and says it will go on doing so.",
    "The largest customer is a fifth of sales, which is the risk that worries me most.",
    "At the present price the company is valued at eleven times what it earned last year.",
    "Two smaller rivals left the field, and the price list went up in the spring without losing orders.",
    "Free cash flow covered the whole of the investment in the new plant, so no shares had to be issued.",
    "My own model assumes half of the growth that the company promises and still gives a decent return.",
    "What would change my mind is a second quarter in a row of falling margins.",
)
